import { SharedArray } from 'k6/data'
import exec from 'k6/execution'

// ---- The clock, chance and ids ----

const read = () => JSON.parse(open(__ENV.KF_DATA))
export const target = new SharedArray('target', () => [{ url: read().url, site: read().site }])[0]
export const tokens = new SharedArray('tokens', () => read().tokens)
export const texts = {
  mixed: new SharedArray('mixed', () => read().texts.mixed),
  en: new SharedArray('en', () => read().texts.en),
  zh: new SharedArray('zh', () => read().texts.zh),
}
export const answers = new SharedArray('answers', () => read().answers)

let zero = 0
let wallAtZero = 0

// Called once before all VUs, which get its result: so they agree on when the run began.
export function setup() {
  console.log('kf-begin')
  return { zero: exec.instance.currentTestRunDuration, wallAtZero: Date.now() }
}

export function begin(data) {
  zero = data.zero
  wallAtZero = data.wallAtZero
}

// Milliseconds since the run began, with fractions. Date.now() has none, which is too coarse for acks of 2 ms.
export function clock() {
  return exec.instance.currentTestRunDuration - zero
}

// Never early: a timer may be, by a part of a millisecond.
export function at(ms, act) {
  setTimeout(
    () => {
      if (clock() < ms) at(ms, act)
      else act()
    },
    Math.max(0, ms - clock()),
  )
}

export function until(ms) {
  return new Promise((resolve) => {
    at(ms, resolve)
  })
}

// Small fast counter (sfc32): the same seeds, the same run.
export function seededRandom(...seeds) {
  let a = 0x9e3779b9
  let b = 0x243f6a88
  let c = 0xb7e15162
  let counter = 1
  const step = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (const seed of seeds) {
    a ^= seed >>> 0
    b ^= Math.floor(seed / 2 ** 32) >>> 0
    for (let i = 0; i < 4; i++) step()
  }
  for (let i = 0; i < 12; i++) step()
  return step
}

export function exponential(random, mean) {
  return -Math.log(1 - random()) * mean
}

// A client id is a UUIDv7 that carries the intended instant, so that an agent's VU can time a delivery:
//     tttttttt-tttt-7fff-K000-vvvvvmmmmmmm
//     t  milliseconds since 1970, f its 4,096ths   K  8 a visitor's, 9 an agent's answer to it   v  the visitor, m its message
export function clientId(kind, meant, tail) {
  const time = wallAtZero + meant
  const ms = Math.floor(time)
  const digits = hex(ms, 12)
  const fraction = hex(Math.floor((time - ms) * 4096), 3)
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7${fraction}-${kind}000-${tail}`
}

export function meantBy(id) {
  const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
  return ms - wallAtZero + Number.parseInt(id.slice(15, 18), 16) / 4096
}

export function tailOf(id) {
  return id.slice(24)
}

export function hex(value, digits) {
  return value.toString(16).padStart(digits, '0')
}
