#!/bin/sh
# Fetches the text face and the icons again, by package name from the npm registry, and writes them with their
# licences and versions into crates/bellwether/static/vendor. Run it from anywhere; it needs npm and tar.
set -eu

FONT_PACKAGE="@fontsource-variable/inter"
FONT_VERSION="5.3.0"
ICON_PACKAGE="lucide-static"
ICON_VERSION="1.62.0"
ICONS="arrow-down arrow-up check chevron-left chevron-right circle-help circle-check download external-link
file-text filter info keyboard menu message-circle messages-square moon refresh-cw reply search sun sun-moon
triangle-alert undo-2 upload users x"

vendor="$(cd "$(dirname "$0")/.." && pwd)/crates/bellwether/static/vendor"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

fetch() { # package version folder
  mkdir -p "$3"
  tar -xzf "$(npm pack --silent "$1@$2")" -C "$3" --strip-components=1
}

fetch "$FONT_PACKAGE" "$FONT_VERSION" font
mkdir -p "$vendor/inter"
cp font/files/inter-latin-wght-normal.woff2 font/files/inter-latin-ext-wght-normal.woff2 "$vendor/inter/"
cp font/LICENSE "$vendor/inter/LICENSE"
echo "$FONT_PACKAGE $FONT_VERSION, OFL-1.1" > "$vendor/inter/VERSION"

fetch "$ICON_PACKAGE" "$ICON_VERSION" icons
mkdir -p "$vendor/lucide"
{
  echo '<svg xmlns="http://www.w3.org/2000/svg">'
  for icon in $ICONS; do
    printf '<symbol id="%s" viewBox="0 0 24 24">' "$icon"
    # The drawing alone: the file's comment, its svg element and its line breaks are left out.
    tr '\n' ' ' < "icons/icons/$icon.svg" | sed -e 's/<!--[^>]*-->//g' -e 's/<svg[^>]*>//' -e 's/<\/svg>//' -e 's/  */ /g' -e 's/^ //' -e 's/ $//'
    echo '</symbol>'
  done
  echo '</svg>'
} > "$vendor/lucide/icons.svg"
cp icons/LICENSE "$vendor/lucide/LICENSE"
echo "$ICON_PACKAGE $ICON_VERSION, ISC" > "$vendor/lucide/VERSION"
