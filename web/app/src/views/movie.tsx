// One film: facts, times, what people thought of it.
import { useState } from "preact/hooks";
import { Failure, Problems } from "../components/problems";
import { Stars } from "../components/stars";
import { request } from "../graphql";
import { day, locale, t, time } from "../i18n";
import { useQuery } from "../load";
import { type Refusal, refusalsOf } from "../refusals";
import { user } from "../session";

const MOVIE = `query Movie($id: ID!, $locale: Locale) {
  movie(id: $id) {
    id title(locale: $locale) originalTitle synopsis(locale: $locale) posterUrl runtimeMinutes certificate genres releaseDate directors cast
    reviewStats { count average histogram { rating count } }
    reviews(first: 20, sort: MOST_HELPFUL) {
      nodes { id rating title body verified createdAt helpfulCount author { id name } }
    }
    showtimes(first: 40) { nodes { id startsAt status format cinema { id name timeZone } } }
  }
}`;
const VOTE = "mutation Vote($input: VoteReviewInput!) { voteReview(input: $input) { errors { code message } } }";
const REVIEW = "mutation Review($input: CreateReviewInput!) { createReview(input: $input) { errors { code message path } } }";
const VIEWED = "mutation Viewed($input: TrackEventInput!) { trackEvent(input: $input) { accepted } }";
const seen = new Set<string>();

interface Review {
  id: string;
  rating: number;
  title: string;
  body: string;
  verified: boolean;
  createdAt: string;
  helpfulCount: number;
  author: { id: string; name: string } | null;
}
interface Showtime {
  id: string;
  startsAt: string;
  status: string;
  format: string;
  cinema: { id: string; name: string; timeZone: string };
}
interface Movie {
  id: string;
  title: string;
  originalTitle: string;
  synopsis: string;
  posterUrl: string;
  runtimeMinutes: number;
  certificate: string;
  genres: string[];
  releaseDate: string;
  directors: string[];
  cast: string[];
  reviewStats: { count: number; average: number | null; histogram: { rating: number; count: number }[] } | null;
  reviews: { nodes: Review[] } | null;
  showtimes: { nodes: Showtime[] } | null;
}

export function MovieView({ id }: { id: string }) {
  const { data, error, reload } = useQuery<{ movie: Movie | null }>(MOVIE, { id, locale: locale.value });
  if (!seen.has(id)) {
    seen.add(id);
    void request(VIEWED, { input: { type: "MOVIE_VIEWED", movieId: id } }).catch(() => undefined);
  }
  const movie = data?.movie;
  if (!movie) return <Failure text={data ? t("noMovie") : error} />;
  return (
    <article class="movie">
      <img class="poster" src={movie.posterUrl} alt="" width={300} height={450} />
      <div>
        <h1>{movie.title}</h1>
        {movie.originalTitle !== movie.title && <p class="original">{movie.originalTitle}</p>}
        <p class="facts">
          {movie.releaseDate.slice(0, 4)} · {movie.runtimeMinutes} {t("minutes")} · {movie.certificate} · {movie.genres.join(", ")}
        </p>
        <p class="synopsis">{movie.synopsis}</p>
        <p>
          {t("directedBy")} <strong>{movie.directors.join(", ")}</strong>
          {movie.cast.length > 0 && (
            <>
              <br />
              {t("withCast")} {movie.cast.join(", ")}
            </>
          )}
        </p>
        {movie.showtimes ? (
          <Times showtimes={movie.showtimes.nodes.filter((one) => one.status === "SCHEDULED")} />
        ) : (
          <Failure text={t("unavailable")} />
        )}
        <Reviews movie={movie} reload={reload} />
      </div>
    </article>
  );
}

function Times({ showtimes }: { showtimes: Showtime[] }) {
  const groups = new Map<string, Showtime[]>();
  for (const one of showtimes) {
    const key = `${one.cinema.name} · ${day(one.startsAt, one.cinema.timeZone)}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return (
    <dl class="showtimes">
      {[...groups].map(([where, list]) => (
        <div key={where}>
          <dt>{where}</dt>
          <dd>
            {list.map((one) => (
              <a key={one.id} class="time" href={`#/showtimes/${one.id}`}>
                {time(one.startsAt, one.cinema.timeZone)}
              </a>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Reviews({ movie, reload }: { movie: Movie; reload: () => void }) {
  const stats = movie.reviewStats;
  const vote = async (reviewId: string) => {
    await request(VOTE, { input: { reviewId, vote: "HELPFUL" } });
    reload();
  };
  return (
    <section>
      <h2>
        {stats?.count} {t(stats?.count === 1 ? "review" : "reviews")} <Stars value={stats?.average} />
      </h2>
      {!movie.reviews && <Failure text={t("unavailable")} />}
      {user.value && <WriteReview movieId={movie.id} done={reload} />}
      <ul class="reviews">
        {movie.reviews?.nodes.map((review) => (
          <li key={review.id}>
            <p>
              <Stars value={review.rating} /> <strong>{review.title}</strong>
            </p>
            <p>{review.body}</p>
            <p class="facts">
              {review.author && `${review.author.name} · `}
              {day(review.createdAt)} {review.verified && <em>· {t("verified")}</em>}{" "}
              {user.value && (
                <button class="quiet" onClick={() => void vote(review.id)}>
                  ▲ {t("helpful")} · {review.helpfulCount}
                </button>
              )}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function WriteReview({ movieId, done }: { movieId: string; done: () => void }) {
  const [errors, setErrors] = useState<Refusal[]>([]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const input = { movieId, rating: Number(fields.get("rating")), title: fields.get("title"), body: fields.get("body") };
    try {
      const data = await request<{ createReview: { errors: Refusal[] } | null }>(REVIEW, { input });
      setErrors(data.createReview?.errors ?? []);
      if (data.createReview && !data.createReview.errors.length) {
        form.reset();
        done();
      }
    } catch (error) {
      setErrors(refusalsOf(error));
    }
  };
  return (
    <details>
      <summary>{t("writeReview")}</summary>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          {t("rating")} <input name="rating" type="range" min="1" max="5" defaultValue="4" />
        </label>
        <label>
          {t("title")} <input name="title" required maxLength={120} />
        </label>
        <label>
          {t("yourWords")} <textarea name="body" required maxLength={4000} />
        </label>
        <Problems errors={errors} />
        <button>{t("send")}</button>
      </form>
    </details>
  );
}
