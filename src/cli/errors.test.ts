import { describe, expect, it } from 'vitest'
import { KfError } from '../core/errors.ts'
import { errorLines } from './errors.ts'
import { en } from './i18n/en.ts'
import { zh } from './i18n/zh.ts'

describe('an error on the terminal', () => {
  const error = new KfError('port_in_use', 'It is taken.', {
    hint: 'Choose another.',
    params: { at: '127.0.0.1:7000', flag: '--listen' },
    cause: new Error('secret'),
  })

  it('is one line: what and how to fix it', () => {
    expect(errorLines(error, en, false)).toBe('kf: It is taken; Choose another\n')
  })

  it('is translated where there is a translation', () => {
    expect(errorLines(error, zh, false)).toBe(
      'kf: 127.0.0.1:7000 已被占用：另一个程序（可能是另一个 kf）在监听；停掉它，或用 --listen 换一个地址\n',
    )
  })

  it('stays in English where a value of the translation is missing', () => {
    expect(errorLines(new KfError('port_in_use', 'It is taken.'), zh, false)).toBe('kf: It is taken\n')
  })

  it('has one line for each problem where there are several', () => {
    expect(errorLines(new KfError('bad_config', 'a:1:1: x\na:2:1: y', { hint: 'see z' }), en, false)).toBe(
      'kf: a:1:1: x\nkf: a:2:1: y; see z\n',
    )
  })

  it('leaves quoted lines of a file as they are', () => {
    const error = new KfError('bad_scenario', 'a:1:2: x.\n  1 | It is.\n    | ^^', {
      params: { zh: '甲\n  1 | x' },
    })
    expect(errorLines(error, en, false)).toBe('kf: a:1:2: x\nkf:   1 | It is.\nkf:     | ^^\n')
    expect(errorLines(error, zh, false)).toBe('kf: 甲\nkf:   1 | x\n')
  })

  it('shows no stack, unless it is asked for, and then its cause too', () => {
    const defect = new TypeError('x is not a function')
    expect(errorLines(defect, en, false)).toBe(
      'kf: internal error: x is not a function; this is a defect: run it again with KF_DEBUG=1 and report the trace\n',
    )
    expect(errorLines(defect, en, true)).toContain('at ')
    expect(errorLines(error, en, true)).toContain('caused by Error: secret')
  })
})
