"""Bokmål: of each kind the title and the text."""

from typing import Final

from notification_service.domain.kinds import Kind

TEXTS: Final[dict[Kind, tuple[str, str]]] = {
    Kind.CONCERN_RECEIVED: (
        "Ny bekymring",
        "{unit} har mottatt en bekymring som venter på en avgjørelse.",
    ),
    Kind.CONCERN_DECIDED: (
        "Bekymring avgjort",
        "En bekymring hos {unit} er avgjort.",
    ),
    Kind.CASE_OPENED: (
        "Forebyggende sak opprettet",
        "{unit} har opprettet en forebyggende sak.",
    ),
    Kind.PLAN_AWAITS_APPROVAL: (
        "Tiltaksplan venter på godkjenning",
        "En tiltaksplan hos {unit} er skrevet og må godkjennes av en annen enn den som skrev den.",
    ),
    Kind.PLAN_APPROVED: (
        "Tiltaksplan godkjent",
        "En tiltaksplan hos {unit} er godkjent. Tiltakene kan begynne.",
    ),
    Kind.CASE_PUT_ON_HOLD: (
        "Sak satt på vent",
        "En forebyggende sak hos {unit} er satt på vent.",
    ),
    Kind.CASE_TRANSFERRED_IN: (
        "Sak overtatt",
        "{unit} har overtatt en forebyggende sak fra en annen enhet.",
    ),
    Kind.CASE_TRANSFERRED_OUT: (
        "Sak overført",
        "En forebyggende sak fra {unit} er overtatt av en annen enhet.",
    ),
    Kind.CASE_REFERRED: (
        "Sak henvist",
        "En forebyggende sak hos {unit} er henvist til en annen instans.",
    ),
    Kind.CASE_REJECTED: (
        "Sak avvist",
        "En forebyggende sak hos {unit} er avvist.",
    ),
    Kind.CASE_EVALUATED: (
        "Sak evaluert",
        "En forebyggende sak hos {unit} er evaluert og kan avsluttes.",
    ),
    Kind.CASE_CLOSED: (
        "Sak avsluttet",
        "En forebyggende sak hos {unit} er avsluttet.",
    ),
    Kind.CASE_REOPENED: (
        "Sak gjenopptatt",
        "En forebyggende sak hos {unit} er tatt opp igjen.",
    ),
    Kind.CASE_RESTRICTED: (
        "Sak sperret",
        "Tilgangen til en forebyggende sak hos {unit} er sperret.",
    ),
    Kind.CASE_RESTRICTION_LIFTED: (
        "Sperring opphevet",
        "Sperringen av en forebyggende sak hos {unit} er opphevet.",
    ),
    Kind.CASE_MERGED: (
        "Sak slått sammen",
        "En forebyggende sak hos {unit} er slått sammen med en annen, som den var et duplikat av.",
    ),
    Kind.CASE_ERASED: (
        "Sak slettet",
        "Innholdet i en forebyggende sak hos {unit} er slettet.",
    ),
    Kind.INFORMATION_DEADLINE_NEAR: (
        "Opplysning må avklares",
        (
            "En opplysning i en forebyggende sak hos {unit} er ikke avklart etter 90 dager. Avklar formål og "
            "relevans før fristen, ellers sperres den."
        ),
    ),
    Kind.INFORMATION_RESTRICTED: (
        "Opplysning sperret",
        "En opplysning i en forebyggende sak hos {unit} ble ikke avklart innen fristen og er sperret.",
    ),
    Kind.TASK_DUE_SOON: (
        "Gjøremål med frist snart",
        "Et gjøremål i en forebyggende sak hos {unit} har frist snart.",
    ),
    Kind.FOLLOW_UP_DUE_SOON: (
        "Oppfølging med frist snart",
        "En oppfølging i en forebyggende sak hos {unit} skal holdes snart.",
    ),
    Kind.MEASURE_DUE_SOON: (
        "Tiltak med frist snart",
        "Et tiltak i en forebyggende sak hos {unit} skal være gjennomført snart.",
    ),
    Kind.OFFER_DUE_SOON: (
        "Tilbudt sak må besvares snart",
        "En forebyggende sak som {unit} har tilbudt enheten, må besvares snart.",
    ),
    Kind.FOLLOW_UP_OVERDUE: (
        "Oppfølging over fristen",
        "En oppfølging i en forebyggende sak hos {unit} ble ikke holdt i tide. Forebyggende leder er varslet.",
    ),
    Kind.MEASURE_OVERDUE: (
        "Tiltak over fristen",
        "Et tiltak i en forebyggende sak hos {unit} ble ikke gjennomført i tide. Forebyggende leder er varslet.",
    ),
    Kind.TASK_OVERDUE: (
        "Gjøremål over fristen",
        "Et gjøremål i en forebyggende sak hos {unit} er ikke gjort i tide. Gjør det, eller gi det til en som kan.",
    ),
    Kind.TASK_ESCALATED: (
        "Gjøremål fortsatt ikke gjort",
        "Et gjøremål i en forebyggende sak hos {unit} er fortsatt ikke gjort, lenge etter fristen.",
    ),
    Kind.OFFER_OVERDUE: (
        "Tilbudt sak ikke besvart",
        "En forebyggende sak som {unit} har tilbudt enheten, er ikke besvart i tide. Ta imot den, eller avslå.",
    ),
    Kind.NOT_ACKNOWLEDGED: (
        "Melding ikke kvittert",
        (
            "En melding om en forebyggende sak hos {unit} som skal kvitteres, er ikke kvittert av noen i tide. "
            "Kvitter den, eller finn noen som kan."
        ),
    ),
    Kind.GLASS_BROKEN: (
        "Nødtilgang til sak",
        "Noen uten tjenstlig tilgang har åpnet en forebyggende sak hos {unit}. Bruken må vurderes av en annen.",
    ),
    Kind.ACCESS_REVIEWED: (
        "Nødtilgang vurdert",
        "En nødtilgang til en forebyggende sak hos {unit} er vurdert.",
    ),
    Kind.REVIEW_OVERDUE: (
        "Nødtilgang ikke vurdert i tide",
        "En nødtilgang til en forebyggende sak hos {unit} skulle vært vurdert nå. Vurder den, eller finn en som kan.",
    ),
    Kind.REVIEW_ESCALATED: (
        "Nødtilgang fortsatt ikke vurdert",
        (
            "En nødtilgang til en forebyggende sak hos {unit} er ikke vurdert en uke etter påminnelsen. "
            "Personvernrådgiverne i enheten og i direktoratet er varslet."
        ),
    ),
    Kind.BEST_PRACTICE_PUBLISHED: (
        "Nytt eksempel på beste praksis",
        "{unit} har publisert et eksempel på beste praksis, eller en ny utgave av et.",
    ),
    Kind.METHOD_PUBLISHED: (
        "Ny versjon av en metode",
        (
            "{unit} har publisert en ny versjon av en nasjonal metode. Tiltak som følger en tidligere versjon, "
            "fortsetter med den."
        ),
    ),
    Kind.METHOD_RETIRED: (
        "Metode trukket tilbake",
        "{unit} har trukket tilbake en nasjonal metode. Nye tiltak kan ikke følge den.",
    ),
    Kind.UNIT_CHANGED: (
        "En enhet er omorganisert",
        "{unit} har slått sammen, delt eller flyttet deler av en enhet. Åpne saker følger med til den nye.",
    ),
    Kind.THRESHOLD_CROSSED: (
        "Et måltall er passert",
        "En styringsindikator hos {unit} har passert en grense for sitt måltall. Se hvilken på oversikten.",
    ),
    Kind.PREVENTION_PLAN_APPROVED: (
        "Forebyggingsplan godkjent",
        "En forebyggingsplan for {unit} er godkjent. Saker kan knyttes til målene i den.",
    ),
    Kind.PREVENTION_PLAN_MISSING: (
        "Forebyggingsplan mangler",
        "{unit} har ingen gyldig forebyggingsplan. Enhetens leder må skrive en, og direktoratet godkjenne den.",
    ),
    Kind.PREVENTION_PLAN_ENDING: (
        "Forebyggingsplan går snart ut",
        "Forebyggingsplanen for {unit} går ut innen 60 dager, og ingen ny er godkjent.",
    ),
    Kind.PILOT_ENROLLED: (
        "Enhet med i en pilot",
        "{unit} er tatt med i en pilot. Den kan opprette sakene som piloten åpner for, fra dagen som er satt.",
    ),
    Kind.PILOT_WITHDRAWN: (
        "Enhet ute av en pilot",
        "{unit} er tatt ut av en pilot. Sakene som er opprettet, går videre, men nye kan ikke opprettes.",
    ),
    Kind.PILOT_ENDED: (
        "En pilot er avsluttet",
        "{unit} har avsluttet en pilot før tiden. Sakene som er opprettet, går videre.",
    ),
    Kind.ENDPOINT_FAILING: (
        "En webhook når ikke fram",
        "Et endepunkt hos {unit} tar ikke imot. Meldingene venter, og prøves igjen til det svarer.",
    ),
    Kind.ENDPOINT_LAPSING: (
        "Et endepunkt må bekreftes",
        "Et endepunkt hos {unit} blir snart slått av, fordi ingen har vist at det er i bruk. Send en prøvemelding.",
    ),
    Kind.ENDPOINT_DISABLED: (
        "Et endepunkt er slått av",
        "Et endepunkt hos {unit} er slått av, og får ikke flere meldinger. Det som ventet, kan sendes på nytt.",
    ),
    Kind.EVENTS_PARKED: (
        "Hendelser kan ikke tas i bruk",
        (
            "En tjeneste som {unit} driver, har lagt hendelser til side som den ikke kunne bruke. Se dem med "
            "forkant parked list."
        ),
    ),
    Kind.EVENTS_APPLIED_AGAIN: (
        "Ingen hendelser venter lenger",
        "Ingen hendelser ligger lenger til side i en tjeneste som {unit} driver.",
    ),
    Kind.FIGURES_DRIFT: (
        "Tall avviker fra sakene",
        "Tall som {unit} viser, avviker fra det sakene sier. Egenkontrollen sier hvor.",
    ),
    Kind.FIGURES_AGREE_AGAIN: (
        "Tallene stemmer igjen",
        "Tallene som {unit} viser, stemmer igjen med sakene.",
    ),
    Kind.AUDIT_CHAIN_BROKEN: (
        "Sporlogg er brutt",
        (
            "Sporloggen i en tjeneste som {unit} driver, er ikke slik den ble kunngjort. Ingen ny kjede signeres "
            "før noen ser på den."
        ),
    ),
}
