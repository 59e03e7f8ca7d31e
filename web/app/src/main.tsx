import { render } from "preact";
import { useEffect } from "preact/hooks";
import { Header } from "./components/header";
import { locale } from "./i18n";
import { route } from "./route";
import { known, restore, user } from "./session";
import { AccountView } from "./views/account";
import { LogInView } from "./views/login";
import { MovieView } from "./views/movie";
import { ProgrammeView } from "./views/programme";
import { ShowtimeView } from "./views/showtime";
import { StaffView } from "./views/staff";

function view() {
  const [name, id, part, token] = route.value;
  if (name === "movies" && id) return <MovieView key={id} id={id} />;
  if (name === "showtimes" && id) return <ShowtimeView key={id} id={id} offered={part === "hold" ? token : undefined} />;
  if (name === "account" || name === "staff") {
    if (!known.value) return null;
    if (name === "account" && user.value) return <AccountView key={user.value.id} />;
    if (name === "staff" && user.value && user.value.role !== "CUSTOMER") return <StaffView />;
    return <LogInView next={name} />;
  }
  if (name === "login") return <LogInView />;
  return <ProgrammeView />;
}

function Page() {
  useEffect(() => void restore(), []);
  return (
    <>
      <Header />
      <main lang={locale.value.toLowerCase()}>{view()}</main>
      <footer>
        Marquee · <a href="/graphql">GraphiQL</a>
      </footer>
    </>
  );
}

render(<Page />, document.getElementById("page")!);
