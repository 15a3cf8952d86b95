import { describe, expect, it } from 'vitest'
import type { ServerConfig } from '../server/config/server.ts'
import { type Banner, bannerLines } from './banner.ts'
import { en } from './i18n/en.ts'
import { zh } from './i18n/zh.ts'

const config: ServerConfig = {
  listen: { host: '127.0.0.1', port: 7000 },
  adminListen: { host: '127.0.0.1', port: 7001 },
  workers: 2,
  data: '/srv/kf/data',
}
const banner: Banner = {
  node: {
    url: 'http://127.0.0.1:7000/',
    admin: config.adminListen,
    adminSocket: '/srv/kf/data/admin.sock',
    bootstrap: {
      site: { id: 's', key: 'k', name: 'default' },
      owner: { login: 'owner', password: '0000-1111-2222-3333' },
    },
  },
  config,
  limits: { descriptors: 20_000, perWorker: 19_800, choice: { workers: 2, because: 'cores' } },
  readyMs: 312,
  version: '0.1.0',
  dataFlag: '',
}

describe('the banner of kf serve', () => {
  it('says in eight lines all that the operator needs next', () => {
    expect(bannerLines(banner, en).split('\n')).toEqual([
      'kf        http://127.0.0.1:7000/   kf 0.1.0, ready in 312 ms',
      'login     http://127.0.0.1:7000/agent   owner   one-time password 0000-1111-2222-3333   (shown this once)',
      'embed     <a href="http://127.0.0.1:7000/" target="_blank" rel="noopener">Chat with us</a>',
      'admin     http://127.0.0.1:7001/   /srv/kf/data/admin.sock',
      'data      /srv/kf/data',
      'durable   every ack comes after the disk has confirmed the message (SQLite, WAL, synchronous=FULL)',
      'limits    2 workers, 39,600 sockets',
      'next      kf bench --concurrency 5000    or    kf agent add NAME',
      '',
    ])
  })

  it('never shows a password twice', () => {
    const { site } = banner.node.bootstrap
    const later = bannerLines({ ...banner, node: { ...banner.node, bootstrap: { site } } }, en)
    expect(later).toContain('login     http://127.0.0.1:7000/agent   as before')
    expect(later).not.toContain('--data')
  })

  it('names the data folder in the commands that need it', () => {
    expect(bannerLines({ ...banner, dataFlag: ' --data /srv/x' }, en)).toContain(
      'kf agent add NAME --data /srv/x\n',
    )
  })

  it('says why there are two workers on one core', () => {
    const limits = { ...banner.limits, choice: { workers: 2, because: 'descriptors' } } as const
    expect(bannerLines({ ...banner, limits }, en)).toContain(
      'limits    2 workers, 39,600 sockets   (two workers, since one process may open too few files)',
    )
  })

  it('has as many lines in Chinese', () => {
    expect(bannerLines(banner, zh).split('\n')).toHaveLength(9)
  })
})
