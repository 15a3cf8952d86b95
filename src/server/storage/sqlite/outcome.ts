import type { ErrorCode } from '../../../protocol/codes.ts'
import type { Rejected } from '../store.ts'

export function rejected(code: ErrorCode, message: string): Rejected {
  return { status: 'rejected', code, message }
}
