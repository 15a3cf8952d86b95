import type { Said } from '../../core/said.ts'

/** What the TOML parser says, in both languages; what a later version of it may say stays English. */
const sentences: Readonly<Record<string, Said>> = {
  'trying to redefine an already defined table or value': {
    en: 'this key or table was there before',
    zh: '这个键或表在前面已经出现过',
  },
  'trying to redefine an already defined value': {
    en: 'this key was there before',
    zh: '这个键在前面已经出现过',
  },
  'control characters are not allowed in comments': {
    en: 'a control character stands in a comment',
    zh: '注释中有控制字符',
  },
  'control characters are not allowed in strings': {
    en: 'the text does not end on its line, or a control character stands in it',
    zh: '文本没有在本行结束，或含有控制字符',
  },
  'each key-value declaration must be followed by an end-of-line': {
    en: 'something stands behind the value on this line',
    zh: '这一行的值后面还有多余内容',
  },
  'expected comma or end of structure': { en: 'a comma or the end is missing', zh: '缺少逗号或结束括号' },
  'expected end of table array declaration': { en: '"]]" is missing', zh: '缺少 "]]"' },
  'illegal character in key': { en: 'a character that no key may have', zh: '键中有不允许的字符' },
  'illegal character in numeric literal': {
    en: 'this is neither a number nor a text',
    zh: '这既不是数字也不是文本',
  },
  'invalid date': { en: 'there is no such date', zh: '没有这样的日期' },
  'illegal empty bare key': { en: 'a key is missing', zh: '缺少键名' },
  'illegal leading zero': { en: 'a number starts with 0', zh: '数字以 0 开头' },
  'illegal quoted key: multiline strings are not allowed': {
    en: 'a key has more than one line',
    zh: '键名跨越多行',
  },
  'illegal underscore': { en: 'an underscore does not stand between digits', zh: '下划线不在数字之间' },
  'incomplete key-value: cannot find end of key': {
    en: 'a key without "=" and value',
    zh: '键后面没有 "=" 和值',
  },
  'integer value cannot be represented losslessly': {
    en: 'a number beyond 9007199254740991',
    zh: '数字超过 9007199254740991',
  },
  'invalid date-time: date part is malformed': { en: 'there is no such date', zh: '没有这样的日期' },
  'invalid date-time: time part is malformed': { en: 'there is no such time', zh: '没有这样的时间' },
  'invalid escape: only line-ending whitespace may be escaped': { en: 'an unknown escape', zh: '未知的转义' },
  'invalid non-hex character in unicode escape': {
    en: 'a \\u without its digits',
    zh: '\\u 后缺少十六进制数字',
  },
  'invalid unicode escape': { en: 'a \\u that is no character', zh: '\\u 不表示任何字符' },
  'unrecognised escape sequence': { en: 'an unknown escape', zh: '未知的转义' },
  'invalid value': { en: 'this is no value', zh: '这不是值' },
  'key contains illegal lone surrogates': { en: 'half a character stands in a key', zh: '键中有半个字符' },
  'unexpected end of key': { en: 'the key does not end', zh: '键没有结束' },
  'unfinished array': { en: 'the list does not end', zh: '列表没有结束' },
  'unfinished numeric value': { en: 'the number does not end', zh: '数字没有写完' },
  'unfinished string': { en: 'the text does not end', zh: '文本没有结束' },
  'unfinished table': { en: 'the table does not end', zh: '表没有结束' },
}

export function sayToml(message: string): Said {
  const said = sentences[message] ?? { en: message, zh: message }
  return { en: `not TOML: ${said.en}`, zh: `不是 TOML：${said.zh}` }
}

export function fixForToml(message: string): Said {
  if (message.startsWith('trying to redefine')) return { en: 'keep one of the two', zh: '请只保留其中一个' }
  if (message.includes('escape'))
    return {
      en: 'write \\\\ for a backslash, or the text between single quotes',
      zh: '反斜杠请写成 \\\\，或用单引号括起文本',
    }
  if (message.startsWith('integer')) return { en: 'write a smaller number', zh: '请写更小的数字' }
  if (message.includes('in strings'))
    return { en: 'close it with its quote on the same line', zh: '请在同一行用引号结束文本' }
  if (message.includes('in comments')) return { en: 'remove it', zh: '请删除它' }
  if (message.includes('date'))
    return { en: 'no key takes a date: write texts in quotes', zh: '没有键需要日期：文本要加引号' }
  if (message === 'invalid value' || message.includes('numeric literal'))
    return {
      en: 'write texts, times and sizes in quotes: key = "5s"',
      zh: '文本、时间和大小要加引号：key = "5s"',
    }
  if (message.startsWith('unfinished'))
    return { en: 'close it on this line or below', zh: '请在本行或后面闭合' }
  return {
    en: 'write lines of key = value, and tables as [name]',
    zh: '请写成 key = value 的行，表写成 [name]',
  }
}
