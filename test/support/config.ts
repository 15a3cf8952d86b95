import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestNode } from './node.ts'

export type Answer = {
  readonly status: number
  readonly etag: string | null
  /** JSON, whatever the request gets. */
  readonly body: Readonly<Record<string, unknown>>
}

/** One request to the administrative listener of a node, with its token. Rejects when the connection ends before the answer. */
export async function admin(
  node: Pick<TestNode, 'admin' | 'data'>,
  method: string,
  path: string,
  { body, ifMatch }: { readonly body?: unknown; readonly ifMatch?: string } = {},
): Promise<Answer> {
  const token = readFileSync(join(node.data, 'admin.token'), 'utf8').trim()
  const response = await fetch(new URL(path, node.admin), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    body: (await response.json()) as Answer['body'],
  }
}

/** Pushes these files over whatever is live. */
export function push(
  node: Pick<TestNode, 'admin' | 'data'>,
  files: Readonly<Record<string, string>>,
  more: { readonly ifMatch?: string; readonly confirmWithinMs?: number } = {},
): Promise<Answer> {
  return admin(node, 'PUT', '/admin/config', {
    ifMatch: more.ifMatch ?? '*',
    body: {
      files,
      ...(more.confirmWithinMs === undefined ? {} : { confirm_within_ms: more.confirmWithinMs }),
    },
  })
}

/** The revision that each process of the node says it has in effect, the writer's first. */
export async function revisionsInEffect(node: Pick<TestNode, 'admin'>): Promise<readonly number[]> {
  const text = await (await fetch(new URL('metrics', node.admin))).text()
  return [...text.matchAll(/^kf_(?:writer|worker)_config_revision(?:\{[^}]*\})? (\d+)$/gm)].map((match) =>
    Number(match[1]),
  )
}
