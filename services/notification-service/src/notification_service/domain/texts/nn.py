"""Nynorsk: of each kind the title and the text."""

from typing import Final

from notification_service.domain.kinds import Kind

TEXTS: Final[dict[Kind, tuple[str, str]]] = {
    Kind.CONCERN_RECEIVED: (
        "Ny uro",
        "{unit} har teke imot ei uro som ventar på ei avgjerd.",
    ),
    Kind.CONCERN_DECIDED: (
        "Uro avgjord",
        "Ei uro hos {unit} er avgjord.",
    ),
    Kind.CASE_OPENED: (
        "Førebyggjande sak oppretta",
        "{unit} har oppretta ei førebyggjande sak.",
    ),
    Kind.PLAN_AWAITS_APPROVAL: (
        "Tiltaksplan ventar på godkjenning",
        "Ein tiltaksplan hos {unit} er skriven og må godkjennast av ein annan enn den som skreiv han.",
    ),
    Kind.PLAN_APPROVED: (
        "Tiltaksplan godkjend",
        "Ein tiltaksplan hos {unit} er godkjend. Tiltaka kan ta til.",
    ),
    Kind.CASE_PUT_ON_HOLD: (
        "Sak sett på vent",
        "Ei førebyggjande sak hos {unit} er sett på vent.",
    ),
    Kind.CASE_TRANSFERRED_IN: (
        "Sak overteken",
        "{unit} har overteke ei førebyggjande sak frå ei anna eining.",
    ),
    Kind.CASE_TRANSFERRED_OUT: (
        "Sak overført",
        "Ei førebyggjande sak frå {unit} er overteken av ei anna eining.",
    ),
    Kind.CASE_REFERRED: (
        "Sak tilvist",
        "Ei førebyggjande sak hos {unit} er tilvist til ein annan instans.",
    ),
    Kind.CASE_REJECTED: (
        "Sak avvist",
        "Ei førebyggjande sak hos {unit} er avvist.",
    ),
    Kind.CASE_EVALUATED: (
        "Sak evaluert",
        "Ei førebyggjande sak hos {unit} er evaluert og kan avsluttast.",
    ),
    Kind.CASE_CLOSED: (
        "Sak avslutta",
        "Ei førebyggjande sak hos {unit} er avslutta.",
    ),
    Kind.CASE_REOPENED: (
        "Sak teken opp att",
        "Ei førebyggjande sak hos {unit} er teken opp att.",
    ),
    Kind.CASE_RESTRICTED: (
        "Sak sperra",
        "Tilgangen til ei førebyggjande sak hos {unit} er sperra.",
    ),
    Kind.CASE_RESTRICTION_LIFTED: (
        "Sperring oppheva",
        "Sperringa av ei førebyggjande sak hos {unit} er oppheva.",
    ),
    Kind.CASE_MERGED: (
        "Sak slegen saman",
        "Ei førebyggjande sak hos {unit} er slegen saman med ei anna, som ho var eit duplikat av.",
    ),
    Kind.CASE_ERASED: (
        "Sak sletta",
        "Innhaldet i ei førebyggjande sak hos {unit} er sletta.",
    ),
    Kind.INFORMATION_DEADLINE_NEAR: (
        "Opplysning må avklarast",
        (
            "Ei opplysning i ei førebyggjande sak hos {unit} er ikkje avklart etter 90 dagar. Avklar formål og "
            "relevans før fristen, elles blir ho sperra."
        ),
    ),
    Kind.INFORMATION_RESTRICTED: (
        "Opplysning sperra",
        "Ei opplysning i ei førebyggjande sak hos {unit} vart ikkje avklart innan fristen og er sperra.",
    ),
    Kind.TASK_DUE_SOON: (
        "Gjeremål med frist snart",
        "Eit gjeremål i ei førebyggjande sak hos {unit} har frist snart.",
    ),
    Kind.FOLLOW_UP_DUE_SOON: (
        "Oppfølging med frist snart",
        "Ei oppfølging i ei førebyggjande sak hos {unit} skal haldast snart.",
    ),
    Kind.MEASURE_DUE_SOON: (
        "Tiltak med frist snart",
        "Eit tiltak i ei førebyggjande sak hos {unit} skal vere gjennomført snart.",
    ),
    Kind.OFFER_DUE_SOON: (
        "Tilboden sak må svarast på snart",
        "Ei førebyggjande sak som {unit} har tilbode eininga, må svarast på snart.",
    ),
    Kind.FOLLOW_UP_OVERDUE: (
        "Oppfølging over fristen",
        "Ei oppfølging i ei førebyggjande sak hos {unit} vart ikkje halden i tide. Førebyggjande leiar er varsla.",
    ),
    Kind.MEASURE_OVERDUE: (
        "Tiltak over fristen",
        "Eit tiltak i ei førebyggjande sak hos {unit} vart ikkje gjennomført i tide. Førebyggjande leiar er varsla.",
    ),
    Kind.TASK_OVERDUE: (
        "Gjeremål over fristen",
        "Eit gjeremål i ei førebyggjande sak hos {unit} er ikkje gjort i tide. Gjer det, eller gi det til ein som kan.",
    ),
    Kind.TASK_ESCALATED: (
        "Gjeremål framleis ikkje gjort",
        "Eit gjeremål i ei førebyggjande sak hos {unit} er framleis ikkje gjort, lenge etter fristen.",
    ),
    Kind.OFFER_OVERDUE: (
        "Tilboden sak ikkje svart på",
        "Ei førebyggjande sak som {unit} har tilbode eininga, er ikkje svart på i tide. Ta imot henne, eller avslå.",
    ),
    Kind.NOT_ACKNOWLEDGED: (
        "Melding ikkje kvittert",
        (
            "Ei melding om ei førebyggjande sak hos {unit} som skal kvitterast, er ikkje kvittert av nokon i "
            "tide. Kvitter henne, eller finn nokon som kan."
        ),
    ),
    Kind.GLASS_BROKEN: (
        "Naudtilgang til sak",
        "Nokon utan tenestleg tilgang har opna ei førebyggjande sak hos {unit}. Bruken må vurderast av ein annan.",
    ),
    Kind.ACCESS_REVIEWED: (
        "Naudtilgang vurdert",
        "Ein naudtilgang til ei førebyggjande sak hos {unit} er vurdert.",
    ),
    Kind.REVIEW_OVERDUE: (
        "Naudtilgang ikkje vurdert i tide",
        (
            "Ein naudtilgang til ei førebyggjande sak hos {unit} skulle vore vurdert no. Vurder han, eller finn ein "
            "som kan."
        ),
    ),
    Kind.REVIEW_ESCALATED: (
        "Naudtilgang framleis ikkje vurdert",
        (
            "Ein naudtilgang til ei førebyggjande sak hos {unit} er ikkje vurdert ei veke etter påminninga. "
            "Personvernrådgivarane i eininga og i direktoratet er varsla."
        ),
    ),
    Kind.BEST_PRACTICE_PUBLISHED: (
        "Nytt døme på beste praksis",
        "{unit} har publisert eit døme på beste praksis, eller ei ny utgåve av eit.",
    ),
    Kind.METHOD_PUBLISHED: (
        "Ny versjon av ein metode",
        (
            "{unit} har publisert ein ny versjon av ein nasjonal metode. Tiltak som følgjer ein tidlegare versjon, "
            "held fram med han."
        ),
    ),
    Kind.METHOD_RETIRED: (
        "Metode trekt tilbake",
        "{unit} har trekt tilbake ein nasjonal metode. Nye tiltak kan ikkje følgje han.",
    ),
    Kind.UNIT_CHANGED: (
        "Ei eining er omorganisert",
        "{unit} har slege saman, delt eller flytta delar av ei eining. Opne saker følgjer med til den nye.",
    ),
    Kind.THRESHOLD_CROSSED: (
        "Eit måltal er passert",
        "Ein styringsindikator hos {unit} har passert ei grense for måltalet sitt. Sjå kva for ein på oversikta.",
    ),
    Kind.PREVENTION_PLAN_APPROVED: (
        "Førebyggingsplan godkjend",
        "Ein førebyggingsplan for {unit} er godkjend. Saker kan knytast til måla i han.",
    ),
    Kind.PREVENTION_PLAN_MISSING: (
        "Førebyggingsplan manglar",
        "{unit} har ingen gyldig førebyggingsplan. Leiaren for eininga må skrive ein, og direktoratet godkjenne han.",
    ),
    Kind.PREVENTION_PLAN_ENDING: (
        "Førebyggingsplan går snart ut",
        "Førebyggingsplanen for {unit} går ut innan 60 dagar, og ingen ny er godkjend.",
    ),
    Kind.PILOT_ENROLLED: (
        "Eining med i ein pilot",
        "{unit} er teken med i ein pilot. Eininga kan opprette sakene som piloten opnar for, frå dagen som er sett.",
    ),
    Kind.PILOT_WITHDRAWN: (
        "Eining ute av ein pilot",
        "{unit} er teken ut av ein pilot. Sakene som er oppretta, går vidare, men nye kan ikkje opprettast.",
    ),
    Kind.PILOT_ENDED: (
        "Ein pilot er avslutta",
        "{unit} har avslutta ein pilot før tida. Sakene som er oppretta, går vidare.",
    ),
    Kind.ENDPOINT_FAILING: (
        "Ein webhook når ikkje fram",
        "Eit endepunkt hos {unit} tek ikkje imot. Meldingane ventar, og blir prøvde igjen til det svarar.",
    ),
    Kind.ENDPOINT_LAPSING: (
        "Eit endepunkt må stadfestast",
        "Eit endepunkt hos {unit} blir snart slått av, fordi ingen har vist at det er i bruk. Send ei prøvemelding.",
    ),
    Kind.ENDPOINT_DISABLED: (
        "Eit endepunkt er slått av",
        "Eit endepunkt hos {unit} er slått av, og får ikkje fleire meldingar. Det som venta, kan sendast på nytt.",
    ),
    Kind.EVENTS_PARKED: (
        "Hendingar kan ikkje takast i bruk",
        (
            "Ei teneste som {unit} driv, har lagt hendingar til side som ho ikkje kunne bruke. Sjå dei med "
            "forkant parked list."
        ),
    ),
    Kind.EVENTS_APPLIED_AGAIN: (
        "Ingen hendingar ventar lenger",
        "Ingen hendingar ligg lenger til side i ei teneste som {unit} driv.",
    ),
    Kind.FIGURES_DRIFT: (
        "Tal avvik frå sakene",
        "Tal som {unit} viser, avvik frå det sakene seier. Eigenkontrollen seier kvar.",
    ),
    Kind.FIGURES_AGREE_AGAIN: (
        "Tala stemmer igjen",
        "Tala som {unit} viser, stemmer igjen med sakene.",
    ),
    Kind.AUDIT_CHAIN_BROKEN: (
        "Sporlogg er broten",
        (
            "Sporloggen i ei teneste som {unit} driv, er ikkje slik han vart kunngjord. Ingen ny kjede blir "
            "signert før nokon ser på han."
        ),
    ),
}
