"use strict";
// Before anything is drawn: the theme that was chosen last, or that the address names.
const chosenTheme = new URLSearchParams(location.search).get("theme") || localStorage.getItem("theme");
if (chosenTheme === "dark" || chosenTheme === "light") document.documentElement.dataset.theme = chosenTheme;
