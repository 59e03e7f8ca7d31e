// What went wrong, in the server's words, for people.
export function Problems({ errors }: { errors: { code: string; message: string }[] }) {
  if (!errors.length) return null;
  return (
    <ul class="problems" role="alert">
      {errors.map((error) => (
        <li key={error.code + error.message} data-code={error.code}>
          {error.message}
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
