/** A tea tin before a hill, drawn: the sample shop needs no photographs. `tone` picks its colours in CSS. */
export function TeaTin({
  tone,
  label,
}: {
  readonly tone: 'mist' | 'moon' | 'red' | 'cliff'
  readonly label: string
}) {
  return (
    <svg
      class="tin"
      data-tone={tone}
      viewBox="0 0 400 400"
      role="img"
      aria-label={label}
      preserveAspectRatio="xMidYMid slice"
    >
      <rect class="tin-sky" width="400" height="400" />
      <circle class="tin-sun" cx="296" cy="104" r="44" />
      <path
        class="tin-far"
        d="M0 262 C60 214 96 232 148 196 C196 164 232 226 286 200 C330 180 360 214 400 196 V400 H0Z"
      />
      <path class="tin-near" d="M0 318 C70 282 128 304 196 282 C268 258 330 296 400 272 V400 H0Z" />
      <ellipse class="tin-shade" cx="200" cy="352" rx="92" ry="12" />
      <path class="tin-body" d="M124 158 H276 V338 C276 348 242 354 200 354 C158 354 124 348 124 338Z" />
      <path
        class="tin-lid"
        d="M118 132 C118 122 154 116 200 116 C246 116 282 122 282 132 V164 C282 172 246 178 200 178 C154 178 118 172 118 164Z"
      />
      <ellipse class="tin-top" cx="200" cy="132" rx="82" ry="15" />
      <rect class="tin-label" x="152" y="206" width="96" height="112" rx="4" />
      <path
        class="tin-leaf"
        d="M200 300 V236 M200 274 C176 274 168 256 168 242 C188 242 200 254 200 274Z M200 262 C222 262 232 246 232 230 C212 230 200 242 200 262Z"
      />
    </svg>
  )
}

export function LeafMark() {
  return (
    <svg
      width="22"
      height="22"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d="M5 19C5 9 11 4 20 4c0 9-5 15-13 15M5 21c1-6 4-9 8-11" />
    </svg>
  )
}
