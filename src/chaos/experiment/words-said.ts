/** What virtual users say: short, in the languages of those who will. The number makes each text its own. */
const questions = [
  '请问发货了吗',
  '可以退货吗',
  '有货吗，多少钱',
  '发票怎么开',
  'Where is my order?',
  'Can I change the address?',
  'It does not work 😟',
  '在吗',
] as const
const replies = [
  '您好，稍等，我查一下',
  '已经发出，明天到',
  '可以，七天内都行',
  'One moment, please.',
  'It has left our warehouse.',
] as const

export function question(n: number): string {
  return `${questions[n % questions.length] ?? ''} #${n}`
}

export function reply(n: number): string {
  return `${replies[n % replies.length] ?? ''} #${n}`
}
