import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { codeOf, messageOf } from '../../core/errors.ts'
import { quoted } from './misfit.ts'
import type { ConfigEnv, Problem, SecretRead, SecretReference } from './snapshot.ts'

/** Characters of a secret. */
export const secretBounds = { min: 16, max: 4_096 } as const

/**
 * Reads `${NAME}` from `variables`, `file:PATH` from the disk, a relative path from `folder` on (the one of the files). White space
 * at the ends of a file does not count.
 */
export function secretReader(
  variables: Readonly<Record<string, string | undefined>>,
  folder: string,
): (reference: SecretReference) => SecretRead {
  return (reference) => {
    const name = /^\$\{(.+)\}$/.exec(reference)?.[1]
    if (name !== undefined) {
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined
      if (value !== undefined && value !== '') return { ok: true, value }
      return {
        ok: false,
        why: { en: `${name} is not set in the environment`, zh: `环境变量 ${name} 没有设置` },
      }
    }
    const path = reference.slice('file:'.length)
    try {
      return { ok: true, value: readFileSync(resolve(folder, path), 'utf8').trim() }
    } catch (error) {
      const reason = codeOf(error) ?? messageOf(error)
      return {
        ok: false,
        why: {
          en: `${quoted(path)} cannot be read (${reason})`,
          zh: `${quoted(path)} 无法读取（${reason}）`,
        },
      }
    }
  }
}

/** What is wrong with what a reference led to. NOTE: nothing of the secret is said. */
export function secretProblem(
  read: ReturnType<NonNullable<ConfigEnv['secret']>>,
): Pick<Problem, 'code' | 'what' | 'why' | 'fix'> | undefined {
  const { min, max } = secretBounds
  if (!read.ok) {
    return {
      code: 'secret_missing',
      what: { en: 'the secret cannot be read', zh: '无法读取密钥' },
      why: read.why,
      fix: {
        en: 'set it where this node runs, or leave the key out',
        zh: '请在运行此节点的环境中设置它，或去掉这个键',
      },
    }
  }
  const { length } = read.value
  if (length >= min && length <= max && !/[\s\p{Cc}]/u.test(read.value)) return undefined
  return {
    code: 'secret_missing',
    what: {
      en: `the secret is no token: it has ${length} characters, or white space`,
      zh: `密钥不能作为令牌：它有 ${length} 个字符，或含有空白`,
    },
    fix: {
      en: `take one of ${min} to ${max} characters without white space`,
      zh: `请使用 ${min} 到 ${max} 个字符、不含空白的密钥`,
    },
  }
}
