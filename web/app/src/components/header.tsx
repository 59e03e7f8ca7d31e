import { locale, setLocale, t } from "../i18n";
import { logOut, user } from "../session";

export function Header() {
  const who = user.value;
  return (
    <header class="top">
      <a class="brand" href="#/">
        <span aria-hidden="true">★</span> Marquee
      </a>
      <nav>
        <a href="#/">{t("programme")}</a>
        {who && <a href="#/account">{t("account")}</a>}
        {who && who.role !== "CUSTOMER" && <a href="#/staff">{t("staff")}</a>}
        {who ? (
          <button class="quiet" onClick={() => void logOut()} title={who.email}>
            {t("logOut")}
          </button>
        ) : (
          <a href="#/login">{t("logIn")}</a>
        )}
        <button class="quiet" onClick={() => setLocale(locale.value === "EN" ? "ES" : "EN")}>
          {locale.value === "EN" ? "Español" : "English"}
        </button>
      </nav>
    </header>
  );
}
