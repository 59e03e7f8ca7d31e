export function Stars({ value }: { value: number | null | undefined }) {
  if (value == null) return null;
  return (
    <span class="stars" role="img" aria-label={`${value.toFixed(1)} / 5`}>
      {[1, 2, 3, 4, 5].map((star) => (
        <span key={star} class={value >= star - 0.25 ? "on" : value >= star - 0.75 ? "half" : ""}>
          ★
        </span>
      ))}
    </span>
  );
}
