/** What the server writes into the page: `<script type="application/json" id="kf-config">`. */
export type PageConfig = {
  /** The site's public key. */
  readonly site: string
  /** Where the API and the socket live, relative to the page, with its closing slash. */
  readonly base: string
  readonly lang?: string
}

/** Reads the configuration in the page; asks `api/v1/site` when the page carries none. Rejects when both fail. */
export async function pageConfig(document: Document, fetcher: typeof fetch): Promise<PageConfig> {
  const written = document.getElementById('kf-config')?.textContent
  if (written !== undefined && written !== null && written.trim() !== '')
    return parseConfig(JSON.parse(written), document.baseURI)
  const response = await fetcher(new URL('api/v1/site', document.baseURI))
  if (!response.ok) throw new Error(`api/v1/site answered ${String(response.status)}`)
  return parseConfig(await response.json(), document.baseURI)
}

/**
 * `site` is the key, or an object with it, as `api/v1/site` answers. `base` may be absent (the page's own folder), a path
 * or an absolute address; it comes out absolute, ending in a slash.
 */
export function parseConfig(value: unknown, pageAddress: string): PageConfig {
  const { site, base, lang } = fieldsOf(value)
  const siteKey = typeof site === 'string' ? site : fieldsOf(site).key
  if (typeof siteKey !== 'string' || siteKey === '')
    throw new Error('kf-config: site: expected the key of a site')
  const folder = typeof base === 'string' && base !== '' ? (base.endsWith('/') ? base : `${base}/`) : './'
  return {
    site: siteKey,
    base: new URL(folder, pageAddress).href,
    ...(typeof lang === 'string' ? { lang } : {}),
  }
}

function fieldsOf(value: unknown): {
  readonly site?: unknown
  readonly key?: unknown
  readonly base?: unknown
  readonly lang?: unknown
} {
  return typeof value === 'object' && value !== null ? value : {}
}
