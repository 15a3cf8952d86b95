/** A sentence in both languages of kf. */
export type Said = { readonly en: string; readonly zh: string }

export type Language = keyof Said
