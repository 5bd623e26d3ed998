"""What a comparison of some units with others does not show, in plain words, for whoever reads its figures."""

from typing import Final

LIMITS_OF_PILOTS: Final = {
    "nb": (
        "Få enheter er med. Én enhet som skiller seg ut, kan alene gi en forskjell.",
        "Enhetene er valgt, ikke trukket ut. De som ble med, kan ha vært annerledes fra før.",
        "Andre endringer i samme tid, som nye regler, nye folk eller nye tall, kan gi samme forskjell.",
        "Alle som har vært med, regnes med hele tiden, også før de ble med og etter at de gikk ut.",
        "Intervallet tar sakene som uavhengige. Saker i samme enhet likner hverandre, så usikkerheten er større.",
        "Det er ikke regnet om for at flere styringsindikatorer er sammenlignet samtidig.",
    ),
    "nn": (
        "Få einingar er med. Éi eining som skil seg ut, kan åleine gje ein skilnad.",
        "Einingane er valde, ikkje trekte ut. Dei som vart med, kan ha vore annleis frå før.",
        "Andre endringar i same tid, som nye reglar, nye folk eller nye tal, kan gje same skilnad.",
        "Alle som har vore med, er rekna med heile tida, også før dei vart med og etter at dei gjekk ut.",
        "Intervallet tek sakene som uavhengige. Saker i same eining liknar kvarandre, så uvissa er større.",
        "Det er ikkje rekna om for at fleire styringsindikatorar er samanlikna samstundes.",
    ),
    "en": (
        "Few units take part. One unit that is unlike the others can make a difference alone.",
        "The units were chosen, not drawn by lot. Those that take part may have differed before.",
        "Other changes at the time, such as new rules, new people or new counts, can make the same difference.",
        "All that ever took part count as taking part all the time, also before they joined and after they left.",
        "The interval takes cases as independent. Cases of one unit are alike, so the uncertainty is larger.",
        "Nothing was adjusted for several indicators being compared at once.",
    ),
}
"""By language: bokmål, nynorsk, English."""

LIMITS_OF_TRIALS: Final = {
    "nb": (
        "Én enhet er satt opp mot én annen. Alt annet som skiller dem i denne tiden, kan gi samme forskjell.",
        "Enhetene er valgt, ikke trukket ut. De kan ha vært ulike fra før.",
        "Intervallet tar sakene som uavhengige. Saker i samme enhet likner hverandre, så usikkerheten er større.",
        "Hva som virket i én enhet med disse partnerne, sier ikke at det virker andre steder.",
    ),
    "nn": (
        "Éi eining er sett opp mot éi anna. Alt anna som skil dei i denne tida, kan gje same skilnad.",
        "Einingane er valde, ikkje trekte ut. Dei kan ha vore ulike frå før.",
        "Intervallet tek sakene som uavhengige. Saker i same eining liknar kvarandre, så uvissa er større.",
        "Kva som verka i éi eining med desse partnarane, seier ikkje at det verkar andre stader.",
    ),
    "en": (
        "One unit is set against one other. Whatever else differed between them then can make the same difference.",
        "The units were chosen, not drawn by lot. They may have differed before.",
        "The interval takes cases as independent. Cases of one unit are alike, so the uncertainty is larger.",
        "What worked in one unit with these partners does not say that it works elsewhere.",
    ),
}
"""By language: bokmål, nynorsk, English."""
