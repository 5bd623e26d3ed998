/** What the server wrote on the page: its data attributes. */

const { dataset } = document.documentElement;

export const config = Object.freeze({
  issuer: dataset.issuer,
  clientId: dataset.clientId,
  audience: dataset.audience,
  apiBase: dataset.apiBase,
  page: `${window.location.origin}${dataset.apiBase}/dashboard`,
});
