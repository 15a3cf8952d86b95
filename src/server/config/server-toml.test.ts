import { describe, expect, it } from 'vitest'
import { defaultPipeline } from './pipeline.ts'
import { type Problem, parseServerToml } from './server-toml.ts'

describe('server.toml', () => {
  it('may be empty', () => {
    const result = parseServerToml('', '/etc/kf')
    expect(result.ok && Object.values(result.settings).every((value) => value === undefined)).toBe(true)
  })

  it('gives all its keys; a relative data folder is relative to the file', () => {
    const text = `
listen = ":7000"
admin_listen = "127.0.0.1:7001"
public_url = "https://example.com/chat"
trusted_proxies = ["10.0.0.0/8", "::1"]
workers = 3
data = "../data"
`
    expect(parseServerToml(text, '/srv/kf/configs')).toEqual({
      ok: true,
      settings: {
        listen: { host: '0.0.0.0', port: 7000 },
        adminListen: { host: '127.0.0.1', port: 7001 },
        publicUrl: 'https://example.com/chat/',
        trustedProxies: ['10.0.0.0/8', '::1/128'],
        workers: 3,
        data: '/srv/kf/data',
      },
    })
  })

  it('tells every error at once, in the order of the file', () => {
    const text = [
      'listn = ":7000"',
      'workers = "two"',
      '',
      '  public_url = "example.com"',
      'trusted_proxies = ["x", "::1"]',
    ].join('\n')
    expect(problemsOf(text)).toEqual([
      { line: 1, column: 1, text: 'listn: unknown key; did you mean listen?' },
      { line: 2, column: 1, text: 'workers: is not a number; see docs/operations.md' },
      {
        line: 4,
        column: 3,
        text: 'public_url: "example.com" is not a URL; write it as visitors see it, for example https://example.com/chat/',
      },
      {
        line: 5,
        column: 1,
        text: 'trusted_proxies[0]: "x" is not an address block; write it as 10.0.0.0/8, 192.0.2.7 or fd00::/8',
      },
    ])
  })

  it('lists the keys where no key is near to the unknown one', () => {
    expect(problemsOf('[zzzzzz]\na = 1')).toEqual([
      {
        line: 1,
        column: 2,
        text: 'zzzzzz: unknown key; the keys are listen, admin_listen, public_url, trusted_proxies, workers, data, pipeline',
      },
    ])
  })

  it('takes the pipeline in tables, and the defaults for what is left out', () => {
    const result = parseServerToml('[pipeline.filter]\nqueue = 10\n[pipeline]\npersist.target_ms = 50\n', '/')
    expect(result.ok && result.settings.pipeline).toEqual({
      ...defaultPipeline,
      filter: { ...defaultPipeline.filter, queue: 10 },
      persist: { ...defaultPipeline.persist, target_ms: 50 },
    })
  })

  it('points at keys within tables, gives bounds, and says why a stage has no concurrency of its own', () => {
    const text = [
      'workers = 1',
      '[pipeline.filter]',
      'workers = 2',
      'queue = 0',
      '[ pipeline . persist ]',
      '  target_ms = 1.5',
      '[pipeline.parse]',
      'concurrency = 8',
      '[pipeline.ingress]',
      'batch = "64"',
    ].join('\n')
    expect(problemsOf(text)).toEqual([
      {
        line: 3,
        column: 1,
        text: 'pipeline.filter.workers: unknown key; the keys are concurrency, queue, within_ms',
      },
      {
        line: 4,
        column: 1,
        text: 'pipeline.filter.queue: 0 is out of bounds; write a whole number from 1 to 1000000; leave it out for 8192',
      },
      {
        line: 6,
        column: 3,
        text: 'pipeline.persist.target_ms: 1.5 is out of bounds; write a whole number from 10 to 60000; leave it out for 500',
      },
      {
        line: 7,
        column: 2,
        text: "pipeline.parse: unknown key; works on a worker's own loop, so its concurrency is `workers`; it has no queue",
      },
      { line: 10, column: 1, text: 'pipeline.ingress.batch: is not a number; see docs/operations.md' },
    ])
  })

  it('points at the place where it stops being TOML', () => {
    expect(problemsOf('listen = "x"\nlisten = "y"')).toEqual([
      { line: 2, column: 1, text: 'not TOML: trying to redefine an already defined table or value' },
    ])
  })

  it.each(['__proto__ = 1', '"constructor" = 1', '[__proto__]\nx = 1'])(
    'takes %o for an unknown key',
    (text) => {
      expect(problemsOf(text)[0]?.text).toContain('unknown key')
    },
  )
})

function problemsOf(text: string): readonly Problem[] {
  const result = parseServerToml(text, '/')
  return result.ok ? [] : result.problems
}
