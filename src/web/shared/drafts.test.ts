import { describe, expect, test } from 'vitest'
import { drafts } from './drafts.ts'

function memory(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & {
  readonly items: Map<string, string>
} {
  const items = new Map<string, string>()
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      items.set(key, value)
    },
    removeItem: (key) => {
      items.delete(key)
    },
  }
}

describe('drafts', () => {
  test('each conversation keeps its own, across a reload', () => {
    const storage = memory()
    const before = drafts(storage, 'kf.draft.')
    before.write('c1', '您好')
    before.write('c2', 'on its way')
    const after = drafts(storage, 'kf.draft.')
    expect(after.read('c1')).toBe('您好')
    expect(after.read('c2')).toBe('on its way')
    expect(after.read('c3')).toBe('')
  })

  test('an empty one leaves nothing behind', () => {
    const storage = memory()
    const kept = drafts(storage, 'kf.draft.')
    kept.write('c1', 'x')
    kept.write('c1', '')
    expect(storage.items.size).toBe(0)
    expect(kept.read('c1')).toBe('')
  })

  test('a storage that refuses leaves them in the page', () => {
    const refuse = (): never => {
      throw new Error('denied')
    }
    const kept = drafts({ getItem: refuse, setItem: refuse, removeItem: refuse }, 'kf.draft.')
    expect(kept.read('c1')).toBe('')
    kept.write('c1', 'x')
    expect(kept.read('c1')).toBe('x')
  })
})
