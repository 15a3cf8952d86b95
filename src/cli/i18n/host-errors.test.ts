import { expect, test } from 'vitest'
import { hostCodes, hostError, hostTroubles } from '../../chaos/load/remote-errors.ts'
import { errorLines } from '../errors.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'

const troubles = [
  hostTroubles.absent(),
  hostTroubles.adapter('mine.ts'),
  hostTroubles.busy(),
  hostTroubles.descriptors(1_024, 2_000),
  hostTroubles.dialogue('EPROTO'),
  hostTroubles.gone('the connection was closed'),
  hostTroubles.interrupted(),
  hostTroubles.message(),
  hostTroubles.network('EHOSTUNREACH'),
  hostTroubles.silent(5_000),
  hostTroubles.target('10.0.0.9'),
  hostTroubles.token(),
  hostTroubles.version('0.9.0', '1.0.0'),
]

test('every trouble with a host is said in both languages, with its values', () => {
  expect(troubles.map(({ code }) => code)).toEqual(hostCodes)
  for (const trouble of troubles) {
    const error = hostError('b:7099', trouble)
    expect(errorLines(error, en, false)).toBe(`kf: host b:7099: ${trouble.message}; ${trouble.hint}\n`)
    const said = errorLines(error, zh, false)
    expect(said).toMatch(/^kf: 主机 b:7099：.*；.*\n$/)
    for (const value of Object.values(trouble.params)) expect(said).toContain(String(value))
  }
})

test('version and token in Chinese', () => {
  expect(errorLines(hostError('b:7099', hostTroubles.version('0.9.0', '1.0.0')), zh, false)).toBe(
    'kf: 主机 b:7099：运行的是 kf 0.9.0，这里是 kf 1.0.0；请安装同一个版本\n',
  )
  expect(errorLines(hostError('b:7099', hostTroubles.token()), zh, false)).toBe(
    'kf: 主机 b:7099：令牌不一致；用 --host-token-file 指定它的令牌文件的副本\n',
  )
})
