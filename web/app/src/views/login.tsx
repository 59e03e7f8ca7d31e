import { useState } from "preact/hooks";
import { Problems } from "../components/problems";
import { t } from "../i18n";
import { type Refusal, refusalsOf } from "../refusals";
import { logIn, register } from "../session";

const DEMO = ["customer", "boxoffice", "manager", "admin"];

export function LogInView({ next = "" }: { next?: string }) {
  const [joining, setJoining] = useState(false);
  const [errors, setErrors] = useState<Refusal[]>([]);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const field = (name: string) => String(form.get(name) ?? "");
    setBusy(true);
    try {
      const payload = joining
        ? await register(field("name"), field("email"), field("password"))
        : await logIn(field("email"), field("password"));
      setErrors(payload.errors);
      if (payload.accessToken) location.hash = `#/${next}`;
    } catch (error) {
      setErrors(refusalsOf(error));
    } finally {
      setBusy(false);
    }
  };
  const fill = (name: string) => {
    (document.querySelector("input[name=email]") as HTMLInputElement).value = `${name}@marquee.test`;
    (document.querySelector("input[name=password]") as HTMLInputElement).value = "marquee-demo";
  };
  return (
    <section class="card narrow">
      <h1>{joining ? t("register") : t("logIn")}</h1>
      <form onSubmit={(event) => void submit(event)}>
        {joining && (
          <label>
            {t("name")} <input name="name" required autocomplete="name" />
          </label>
        )}
        <label>
          {t("email")} <input name="email" type="email" required autocomplete="email" />
        </label>
        <label>
          {t("password")}
          <input name="password" type="password" required autocomplete={joining ? "new-password" : "current-password"} />
        </label>
        <Problems errors={errors} />
        <button disabled={busy}>{busy ? t("working") : joining ? t("register") : t("logIn")}</button>
      </form>
      <p>
        <button class="quiet" onClick={() => setJoining(!joining)}>
          {joining ? t("logIn") : t("register")}
        </button>
      </p>
      {!joining && (
        <p class="demo-users">
          {t("demoUsers")}:{" "}
          {DEMO.map((name) => (
            <button key={name} class="chip" type="button" onClick={() => fill(name)}>
              {name}
            </button>
          ))}
        </p>
      )}
    </section>
  );
}
