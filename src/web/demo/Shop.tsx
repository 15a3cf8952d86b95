import { useState } from 'preact/hooks'
import type { TextKey } from '../shared/en.ts'
import type { Translate } from '../shared/i18n.ts'
import { LeafMark, TeaTin } from './art.tsx'

const amounts = ['shop.amount.a', 'shop.amount.b', 'shop.amount.c'] as const satisfies readonly TextKey[]
const others = [
  { tone: 'moon', name: 'shop.more.a', note: 'shop.more.a_note' },
  { tone: 'red', name: 'shop.more.b', note: 'shop.more.b_note' },
  { tone: 'cliff', name: 'shop.more.c', note: 'shop.more.c_note' },
] as const satisfies readonly { readonly tone: string; readonly name: TextKey; readonly note: TextKey }[]
const facts = [
  ['shop.fact.harvest', 'shop.fact.harvest_value'],
  ['shop.fact.water', 'shop.fact.water_value'],
  ['shop.fact.delivery', 'shop.fact.delivery_value'],
] as const satisfies readonly (readonly [TextKey, TextKey])[]

/** One product's page of a small shop: what a visitor reads before asking something. */
export function Shop({ t }: { readonly t: Translate }) {
  const [amount, setAmount] = useState<TextKey>('shop.amount.b')
  const [inCart, setInCart] = useState(0)
  return (
    <div class="shop">
      <header class="shop-head">
        <span class="shop-brand">
          <LeafMark />
          {t('shop.name')}
        </span>
        <nav class="shop-nav">
          <span aria-current="page">{t('shop.nav.tea')}</span>
          <span>{t('shop.nav.ware')}</span>
          <span>{t('shop.nav.story')}</span>
        </nav>
        <span class="shop-cart">{t('shop.cart', { n: inCart })}</span>
      </header>
      <main class="shop-main">
        <div class="shop-picture">
          <TeaTin tone="mist" label={t('shop.product')} />
        </div>
        <div class="shop-text">
          <p class="shop-path">{t('shop.path')}</p>
          <h1>{t('shop.product')}</h1>
          <p class="shop-lead">{t('shop.lead')}</p>
          <p class="shop-price">
            <strong>{t('shop.price')}</strong> <span>{t('shop.per')}</span>
          </p>
          <fieldset class="shop-amount">
            <legend>{t('shop.amount')}</legend>
            {amounts.map((key) => (
              <label key={key} data-chosen={key === amount}>
                <input type="radio" name="amount" checked={key === amount} onChange={() => setAmount(key)} />
                {t(key)}
              </label>
            ))}
          </fieldset>
          <button type="button" class="button primary shop-add" onClick={() => setInCart(inCart + 1)}>
            {t('shop.add')}
          </button>
          <dl class="shop-facts">
            {facts.map(([name, value]) => (
              <div key={name}>
                <dt>{t(name)}</dt>
                <dd>{t(value)}</dd>
              </div>
            ))}
          </dl>
        </div>
      </main>
      <section class="shop-more">
        <h2>{t('shop.more')}</h2>
        <ul>
          {others.map((other) => (
            <li key={other.name}>
              <TeaTin tone={other.tone} label={t(other.name)} />
              <strong>{t(other.name)}</strong>
              <span>{t(other.note)}</span>
            </li>
          ))}
        </ul>
      </section>
      <footer class="shop-foot">{t('shop.foot')}</footer>
    </div>
  )
}
