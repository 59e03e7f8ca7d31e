// What went wrong, for people.
import { type Refusal, wordsOf } from "../refusals";

export function Problems({ errors }: { errors: Refusal[] }) {
  if (!errors.length) return null;
  return (
    <ul class="problems" role="alert">
      {errors.map((error) => (
        <li key={error.code + error.message} data-code={error.code}>
          {wordsOf(error)}
        </li>
      ))}
    </ul>
  );
}

export function Failure({ text }: { text: string | null }) {
  return text ? (
    <p class="problems" role="alert">
      {text}
    </p>
  ) : null;
}
