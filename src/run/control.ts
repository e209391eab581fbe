/** How whoever started a run reaches into its tasks from outside of Effect, as by a signal; ending a run is interrupting its fiber. */

/** `hurry`: what is being ended gets no time to clean up. `pause` and `resume`: everything that runs stands still meanwhile. */
export type Command = "hurry" | "pause" | "resume"

export interface Control {
  tell(command: Command): void
  /** Returns what ends the listening. */
  hear(listener: (command: Command) => void): () => void
}

export const makeControl = (): Control => {
  const listeners = new Set<(command: Command) => void>()
  return {
    tell: (command) => {
      for (const listener of listeners) listener(command)
    },
    hear: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
}
