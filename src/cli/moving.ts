/** How far something with many bytes has come: one line that is redrawn on a terminal, nothing otherwise. */
import { bytesText } from "./amounts.ts"
import { isTerminal } from "./terminal.ts"

export interface Moving {
  readonly step: (bytes: number, of: number) => void
  /** Takes the line away. */
  readonly end: () => void
}

const redrawMs = 100

/** `doing` begins the line: `Reading`. */
export const showMoving = (doing: string): Moving => {
  if (!isTerminal()) return { step: () => undefined, end: () => undefined }
  let last = -Infinity
  return {
    step: (bytes, of) => {
      const now = performance.now()
      if (now - last < redrawMs) return
      last = now
      const share = of === 0 ? 100 : Math.floor((100 * bytes) / of)
      process.stderr.write(`\r\u001b[2K${doing} ${bytesText(bytes)} of ${bytesText(of)} (${share}%)`)
    },
    end: () => void (last > -Infinity && process.stderr.write("\r\u001b[2K"))
  }
}
