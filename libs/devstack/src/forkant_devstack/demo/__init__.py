"""The demo: fills a running platform with made-up cases through its public API, as officers and leads would."""
