/** How fast a training goes and how long it still takes, in words. */

/** What to say after so many steps; only those since `from` were made now. */
export const pace = (steps: number, batchSize: number, from: number, now: () => number = () => performance.now()) => {
  const start = now()
  return (step: number): string => {
    const perSecond = (1000 * (step - from)) / Math.max(now() - start, 1)
    return `${Math.round(perSecond * batchSize)} samples/s${perSecond > 0 ? `, ${duration((steps - step) / perSecond)} left` : ""}`
  }
}

/** 75 as "1:15 min". */
const duration = (seconds: number): string => {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const two = (of: number) => String(of).padStart(2, "0")
  return hours > 0 ? `${hours}:${two(minutes)} h` : `${minutes}:${two(whole % 60)} min`
}
