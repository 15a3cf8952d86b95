import { connect, type TLSSocket } from 'node:tls'
import { codeOf, KfError } from '../../core/errors.ts'
import { sharedKeyIdentity, sharedKeyTls } from './remote-secret.ts'

const connectWithinMs = 5_000

export type HostAddress = { readonly host: string; readonly port: number }

export function textOf({ host, port }: HostAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A connection to `kf bench agent` on which both sides have proved to know the token. Throws `host` with what to do. */
export function connectToHost(address: HostAddress, key: Buffer, signal: AbortSignal): Promise<TLSSocket> {
  const where = textOf(address)
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...sharedKeyTls,
      ...address,
      pskCallback: () => ({ psk: key, identity: sharedKeyIdentity }),
      // The key itself says who it is: there is no certificate.
      checkServerIdentity: () => undefined,
    })
    const fail = ({ message, hint, zh }: Trouble, cause?: unknown): void => {
      settle()
      socket.on('error', () => {})
      socket.destroy()
      reject(
        new KfError('host', `host ${where}: ${message}`, {
          hint,
          cause,
          params: { zh: `主机 ${where}：${zh}` },
        }),
      )
    }
    const onError = (error: Error): void => {
      fail(explain(codeOf(error) ?? '', error.message), error)
    }
    const onClose = (): void => {
      fail({
        message: 'it ended the connection before the token was checked',
        hint: unlikely,
        zh: `令牌校验前连接就断了；${unlikelyZh}`,
      })
    }
    const onAbort = (): void => {
      fail({ message: 'interrupted', hint: 'let it finish', zh: '已中断' })
    }
    const timer = setTimeout(() => {
      fail({
        message: `no answer within ${connectWithinMs} ms`,
        hint: 'is the address right, and does a firewall let it through?',
        zh: `${connectWithinMs} ms 内没有应答；地址对吗？防火墙放行了吗？`,
      })
    }, connectWithinMs)
    const settle = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.off('error', onError)
      socket.off('close', onClose)
    }
    socket.on('error', onError)
    socket.on('close', onClose)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    socket.once('secureConnect', () => {
      settle()
      socket.setNoDelay(true)
      resolve(socket)
    })
  })
}

type Trouble = { readonly message: string; readonly hint: string; readonly zh: string }

const unlikely = 'is it `kf bench agent` that listens there?'
const unlikelyZh = '那里监听的是 `kf bench agent` 吗？'

function explain(code: string, text: string): Trouble {
  if (code === 'ECONNREFUSED')
    return {
      message: 'nobody listens there',
      hint: 'start `kf bench agent` on it first',
      zh: '没有程序在监听；先在那台主机上启动 `kf bench agent`',
    }
  if (/BAD_RECORD_MAC|DECRYPT|ALERT_(ILLEGAL|UNKNOWN_PSK)/.test(code))
    return {
      message: 'it has another token',
      hint: 'give --host-token-file a copy of its token file',
      zh: '令牌不一致；用 --host-token-file 指定它的令牌文件的副本',
    }
  if (/^ERR_SSL_|^ECONNRESET$|^EPROTO$/.test(code))
    return {
      message: `it does not speak what \`kf bench agent\` does (${code})`,
      hint: unlikely,
      zh: `协议不符（${code}）；${unlikelyZh}`,
    }
  return { message: text, hint: 'is the address right?', zh: `${text}；地址对吗？` }
}
