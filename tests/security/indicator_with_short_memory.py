"""The indicator API with a key cache that may ask the issuer at once, so that a test need not wait 30 seconds."""

from forkant_kit import auth, jwks
from indicator_service.app import main

jwks._MIN_REFRESH_S = 0.0
jwks._FRESH_S = 0.0
auth._REMEMBERED_S = 0.0
main()
