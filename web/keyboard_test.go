package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The search is found, used and left with the keyboard alone.
func TestBrowserSearchByKeyboard(t *testing.T) {
	b, address := newTab(t), serveSite(t, sample(t))
	b.run(chromedp.Navigate(address+"/configs"), press("/", "/"))
	b.want("what / goes to", `document.activeElement.id`, "q")
	b.run(chromedp.KeyEvent("e2e/aws"))
	b.want("a / in the search", `document.activeElement.value`, "e2e/aws")
	b.run(chromedp.Evaluate(`document.activeElement.select()`, nil), chromedp.KeyEvent("widget"),
		chromedp.WaitVisible("#suggestions .option", chromedp.ByQuery))
	b.want("before an arrow", `String(document.getElementById("q").getAttribute("aria-activedescendant"))`, "null")
	const chosen = `document.querySelector("[aria-selected=true]").id + " is " + document.getElementById("q").getAttribute("aria-activedescendant")`
	b.run(chromedp.KeyEvent(kb.ArrowDown))
	b.want("arrow down", chosen, "option-0 is option-0")
	b.run(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowUp))
	b.want("down, down and up", chosen, "option-1 is option-1")
	b.want("how many are chosen", `String(document.querySelectorAll("[aria-selected=true]").length)`, "1")
	b.check("open suggestions")
	b.run(chromedp.KeyEvent(kb.Escape))
	b.want("escape", `String(document.getElementById("suggestions").hidden) + document.activeElement.getAttribute("aria-expanded")`, "truefalse")

	// The arrow goes round: the last is all results.
	b.run(chromedp.KeyEvent("s"), chromedp.WaitVisible("#suggestions .option", chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowUp))
	b.want("arrow up from none", `document.querySelector("[aria-selected=true]").textContent`, "All results")
	var first string
	b.run(chromedp.KeyEvent(kb.ArrowDown), chromedp.Evaluate(`document.querySelector("[aria-selected=true]").href`, &first))
	b.run(press("Enter", kb.Enter))
	b.want("enter", `location.href + document.readyState`, first+"complete")

	b.run(press("/", "/"), chromedp.KeyEvent("e2e aws"), press("Enter", kb.Enter), chromedp.WaitVisible(".hits", chromedp.ByQuery))
	b.want("enter with nothing chosen", `location.pathname + location.search`, "/search?q=e2e+aws")
	for _, fault := range b.takeFaults() {
		t.Error(fault)
	}
}

// A list that is on the page in part is filtered as one types, by all that it
// has, and the address is that of what is shown.
func TestBrowserFiltersAsOneTypes(t *testing.T) {
	b, address := newTab(t), serveSite(t, sample(t))
	const rows = `[...document.querySelectorAll("#components tbody a")].map(a => a.textContent).join(" ")`
	b.run(chromedp.Navigate(address+"/registry?kind=step&sort=use&filter=gather"), chromedp.Focus("#filter", chromedp.ByID))
	b.want("as it was asked for", rows, "gather-logs")
	b.run(chromedp.Evaluate(`document.activeElement.select()`, nil), chromedp.KeyEvent("ipi clu"))
	b.want("two words", rows, "ipi-conf ipi-deprovision ipi-install")
	b.want("the address", `location.pathname + location.search`, "/registry?kind=step&sort=use&filter=ipi+clu")
	b.check("a filtered list")
	b.run(chromedp.KeyEvent("nothing"))
	b.want("no row", `document.querySelector("#found").textContent.trim()`, "Nothing has all of these words.")
	b.run(chromedp.Evaluate(`document.activeElement.select()`, nil), chromedp.KeyEvent(kb.Backspace))
	b.want("all again", `String(document.querySelectorAll("#components tbody tr").length)`, "6")
}

// press presses a key as a keyboard does: a page that takes it keeps it from the
// field. With chromedp.KeyEvent the field gets the text all the same.
func press(key, text string) chromedp.Action {
	down := input.DispatchKeyEvent(input.KeyDown).WithKey(key).WithText(text)
	return chromedp.Tasks{down, input.DispatchKeyEvent(input.KeyUp).WithKey(key)}
}

// want evaluates an expression until it gives what is wanted, for at most some
// seconds. While a page is left there is nothing to evaluate it in.
func (b *tab) want(what, expression, want string) {
	b.t.Helper()
	var got string
	var err error
	for late := time.Now().Add(pageLimit); time.Now().Before(late); {
		if err = b.do(pageLimit, chromedp.Sleep(20*time.Millisecond), chromedp.Evaluate(expression, &got)); err == nil && got == want {
			return
		}
	}
	b.t.Errorf("%s: got %q, want %q (%v)", what, got, want, err)
}

// Whoever goes through a page with the tab key sees where they are, and can skip
// what is the same on each page.
func TestBrowserFocusIsVisible(t *testing.T) {
	b, address := newTab(t), serveSite(t, sample(t))
	for _, scheme := range []appearance{lightWide, darkNarrow} {
		b.run(scheme.take(), chromedp.Navigate(address+"/job?org=acme&repo=widget-server&branch=main&test=e2e-azure-skew"))
		b.run(chromedp.KeyEvent(kb.Tab))
		b.want("the first stop", `document.activeElement.textContent`, "Skip to the content")
		seen := map[string]bool{}
		for range 60 {
			var stop struct{ Name, Outline string }
			b.run(chromedp.Evaluate(`(() => {
				const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
				const shown = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1 && r.width > 0 && r.height > 0;
				return {Name: e.tagName + " " + (e.id || e.textContent.trim().slice(0, 40)), Outline: shown ? s.outlineColor : ""};
			})()`, &stop), chromedp.KeyEvent(kb.Tab))
			if stop.Name = strings.Join(strings.Fields(stop.Name), " "); strings.HasPrefix(stop.Name, "BODY") {
				break
			}
			seen[stop.Name] = true
			if stop.Outline == "" {
				t.Errorf("%s: %s: nothing shows that it has the focus", scheme.name, stop.Name)
			}
		}
		if len(seen) < 10 || !seen["INPUT q"] {
			t.Errorf("%s: the tab key stops only at %d: %v", scheme.name, len(seen), seen)
		}
	}
	b.run(chromedp.Navigate(address+"/"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.want("the skip link", `document.activeElement.id`, "content")
}

// A theme that was chosen holds on every page and after a reload, until the
// system's is asked for again.
func TestBrowserRemembersTheTheme(t *testing.T) {
	b, address := newTab(t), serveSite(t, sample(t))
	const background = `getComputedStyle(document.body).backgroundColor`
	var light, dark string
	b.run(lightWide.take(), chromedp.Navigate(address+"/"), chromedp.Evaluate(background, &light))
	b.run(scheme("dark"), chromedp.Evaluate(background, &dark), scheme("light"))
	if light == dark {
		t.Fatalf("light and dark have the same background, %s", light)
	}
	b.run(chromedp.Click("#theme", chromedp.ByID))
	b.want("chosen", background, dark)
	b.check("dark by choice")
	b.run(chromedp.Reload())
	b.want("after a reload", background, dark)
	b.run(chromedp.Navigate(address + "/registry"))
	b.want("on another page", background+` + " " + document.getElementById("theme").textContent`, dark+" Theme: dark")
	b.run(scheme("dark"), chromedp.Click("#theme", chromedp.ByID))
	b.want("light on a dark system", background, light)
	b.check("light by choice")
	b.run(chromedp.Click("#theme", chromedp.ByID))
	b.want("the system's again", background+` + localStorage.length`, dark+"0")
	b.run(scheme("light"))
	b.want("the system's, changed", background, light)
}
