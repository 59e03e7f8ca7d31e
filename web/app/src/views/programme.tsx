// What is on: a cinema, a day, the films with their times. One query draws it.
import { useMemo, useState } from "preact/hooks";
import { Failure } from "../components/problems";
import { Stars } from "../components/stars";
import { day, locale, t, time } from "../i18n";
import { useQuery } from "../load";

const CINEMAS = "query Cinemas { cinemas(first: 50) { nodes { id name city timeZone } } }";
const PROGRAMME = `query Programme($text: String, $cinemaId: ID!, $date: Date!, $locale: Locale) {
  movies(first: 60, filter: { text: $text, status: ACTIVE }, sort: RELEASE_DATE_ASC) {
    nodes {
      id title(locale: $locale) posterUrl runtimeMinutes certificate genres releaseDate
      reviewStats { count average }
      showtimes(first: 20, filter: { cinemaId: $cinemaId, date: $date }) {
        nodes { id startsAt status format language auditorium { name } }
      }
    }
  }
}`;

const LATE_HOUR = 22;

interface Cinema {
  id: string;
  name: string;
  city: string;
  timeZone: string;
}
interface Movie {
  id: string;
  title: string;
  posterUrl: string;
  runtimeMinutes: number;
  certificate: string;
  genres: string[];
  releaseDate: string;
  reviewStats: { count: number; average: number | null } | null;
  showtimes: { nodes: { id: string; startsAt: string; status: string; format: string; auditorium: { name: string } }[] } | null;
}

function localDate(instant: Date, timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(instant);
}

function localHour(instant: Date, timeZone: string): number {
  return Number(new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit" }).format(instant));
}

export function ProgrammeView() {
  const cinemas = useQuery<{ cinemas: { nodes: Cinema[] } | null }>(CINEMAS);
  const [chosen, setChosen] = useState<string | null>(localStorage.getItem("marquee.cinema"));
  const [chosenDay, chooseDay] = useState<number | null>(null);
  const [text, setText] = useState("");
  const list = cinemas.data?.cinemas?.nodes ?? [];
  const cinema = list.find((one) => one.id === chosen) ?? list[0];
  // Late in the evening people look for tomorrow.
  const offset = chosenDay ?? (cinema && localHour(new Date(), cinema.timeZone) >= LATE_HOUR ? 1 : 0);
  const days = useMemo(() => [...Array(7).keys()].map((ahead) => new Date(Date.now() + ahead * 86_400_000)), []);
  return (
    <>
      <section class="filters">
        <div class="tabs" role="tablist">
          {list.map((one) => (
            <button
              key={one.id}
              role="tab"
              aria-selected={one.id === cinema?.id}
              onClick={() => {
                setChosen(one.id);
                localStorage.setItem("marquee.cinema", one.id);
              }}
            >
              {one.name} <small>{one.city}</small>
            </button>
          ))}
        </div>
        <div class="days">
          {days.map((date, ahead) => (
            <button key={ahead} class="chip" aria-pressed={ahead === offset} onClick={() => chooseDay(ahead)}>
              {ahead === 0 ? t("today") : day(date, cinema?.timeZone)}
            </button>
          ))}
        </div>
        <input type="search" placeholder={t("search")} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </section>
      <Failure text={cinemas.data && !cinemas.data.cinemas ? t("unavailable") : cinemas.error} />
      {cinema && <Films cinema={cinema} date={localDate(days[offset]!, cinema.timeZone)} text={text} />}
    </>
  );
}

function Films({ cinema, date, text }: { cinema: Cinema; date: string; text: string }) {
  const { data, error, stale } = useQuery<{ movies: { nodes: Movie[] } | null }>(PROGRAMME, {
    text: text || null,
    cinemaId: cinema.id,
    date,
    locale: locale.value,
  });
  const now = Date.now();
  const films = (data?.movies?.nodes ?? [])
    .map((movie) => ({
      ...movie,
      upcoming: movie.showtimes?.nodes.filter((one) => one.status === "SCHEDULED" && Date.parse(one.startsAt) > now),
    }))
    .filter((movie) => (text && !stale) || movie.upcoming?.length !== 0); // a search finds films of other days too; times may not be known
  return (
    <>
      <Failure text={data && !data.movies ? t("unavailable") : error} />
      {data?.movies && !films.length && <p class="empty">{t("nothingOn")}</p>}
      <ul class="films">
        {films.map((movie) => (
          <li key={movie.id} class="film">
            <a href={`#/movies/${movie.id}`}>
              <img src={movie.posterUrl} alt="" width={300} height={450} loading="lazy" />
            </a>
            <h2>
              <a href={`#/movies/${movie.id}`}>{movie.title}</a>
            </h2>
            <p class="facts">
              {movie.releaseDate.slice(0, 4)} · {movie.runtimeMinutes} {t("minutes")} · {movie.certificate}{" "}
              <Stars value={movie.reviewStats?.average} />
            </p>
            <div class="times">
              {movie.upcoming === undefined && t("unavailable")}
              {movie.upcoming?.map((one) => (
                <a key={one.id} class="time" href={`#/showtimes/${one.id}`} title={one.auditorium.name}>
                  {time(one.startsAt, cinema.timeZone)}
                </a>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
