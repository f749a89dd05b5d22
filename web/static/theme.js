// Sets the theme that was chosen before anything is drawn.
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* without storage the system's theme holds */ }
document.documentElement.classList.add("js");
