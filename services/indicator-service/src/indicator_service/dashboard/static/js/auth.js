/** Sign-in by OpenID Connect: authorization code with PKCE. The token lives in this tab's session storage only. */

import { config } from "./config.js";

const { UserManager, WebStorageStateStore } = window.oidc;

/** Make the session; `onExpired` is called when the token has run out. */
export function createSession({ onExpired }) {
  const manager = new UserManager({
    authority: config.issuer,
    client_id: config.clientId,
    redirect_uri: config.page,
    response_type: "code",
    scope: "openid",
    userStore: new WebStorageStateStore({ store: window.sessionStorage }),
    stateStore: new WebStorageStateStore({ store: window.sessionStorage }),
    automaticSilentRenew: false,
    loadUserInfo: false,
    monitorSession: false,
    requestTimeoutInSeconds: 10,
  });
  manager.events.addAccessTokenExpired(onExpired);
  let user = null;

  /** Finish a sign-in that comes back from the issuer, or take up the one of this tab. */
  async function resume() {
    const answer = new URLSearchParams(window.location.search);
    if (answer.has("state") && (answer.has("code") || answer.has("error"))) {
      try {
        user = await manager.signinRedirectCallback();
        window.history.replaceState(null, "", config.page + (user.state?.view ?? ""));
      } catch (error) {
        window.history.replaceState(null, "", config.page);
        throw error;
      }
    } else {
      user = await manager.getUser();
    }
    return user !== null;
  }

  /** Leave for the issuer; the chosen view comes back with the answer. */
  async function signIn() {
    await manager.clearStaleState();
    await manager.signinRedirect({ state: { view: window.location.hash } });
  }

  async function signOut() {
    user = null;
    // Else a copy of the token would hold until it expires; a sign-out goes on without it.
    await manager.revokeTokens(["access_token"]).catch(() => {});
    const { end_session_endpoint: ends } = await manager.metadataService.getMetadata().catch(() => ({}));
    if (ends) await manager.signoutRedirect({ post_logout_redirect_uri: config.page });
    else await manager.removeUser();
  }

  /** The access token, or null when there is none that still holds. */
  const token = () => (user && !user.expired ? user.access_token : null);

  return { resume, signIn, signOut, token };
}
