// How long a hold still lives, on the server's clock.
import { useEffect, useState } from "preact/hooks";

export function Countdown({ until, offsetMs, onEnd }: { until: string; offsetMs: number; onEnd: () => void }) {
  const left = () => Math.max(0, Math.round((Date.parse(until) - (Date.now() + offsetMs)) / 1000));
  const [seconds, setSeconds] = useState(left());
  useEffect(() => {
    const timer = setInterval(() => {
      const now = left();
      setSeconds(now);
      if (now === 0) {
        clearInterval(timer);
        onEnd();
      }
    }, 1000);
    return () => clearInterval(timer);
  }, [until]);
  return (
    <time class={seconds < 60 ? "countdown urgent" : "countdown"} role="timer">
      {Math.floor(seconds / 60)}:{String(seconds % 60).padStart(2, "0")}
    </time>
  );
}
