import { expect, test } from 'vitest'
import { restBase } from './read-back.ts'

test.each([
  ['ws://127.0.0.1:7000/ws', 'http://127.0.0.1:7000/'],
  ['wss://chat.example.org/kf/ws', 'https://chat.example.org/kf/'],
  ['ws://127.0.0.1:7000/', 'http://127.0.0.1:7000/'],
])('REST of %s lies at %s', (address, base) => {
  expect(restBase(address)).toBe(base)
})
