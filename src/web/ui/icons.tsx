import type { ComponentChildren } from 'preact'

function Icon({ children, size = 20 }: { readonly children: ComponentChildren; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  )
}

export const SendIcon = () => (
  <Icon>
    <path d="M12 19V5M6 11l6-6 6 6" />
  </Icon>
)
export const ChatIcon = () => (
  <Icon size={26}>
    <path d="M20 11.5c0 4.1-3.6 7.5-8 7.5-1 0-2-.2-2.9-.5L4.5 20l1.2-3.6C4.6 15.1 4 13.4 4 11.5 4 7.4 7.6 4 12 4s8 3.4 8 7.5Z" />
    <path d="M8.5 10.5h7M8.5 13.5h4.5" />
  </Icon>
)
export const DownIcon = () => (
  <Icon>
    <path d="M6 9l6 6 6-6" />
  </Icon>
)
export const BackIcon = () => (
  <Icon>
    <path d="M15 5l-7 7 7 7" />
  </Icon>
)
export const NoteIcon = () => (
  <Icon>
    <path d="M6 4h9l4 4v12H6zM14.5 4v4.5H19M9 13h7M9 16.5h4.5" />
  </Icon>
)
