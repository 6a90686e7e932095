//! Shops: where orders and leads come from, each with an address to send to and a secret to sign with.

use aws_lc_rs::rand;
use model::{Currency, Timestamp};
use store::shops::{NewShop, ShopRow};
use url::Url;

use super::TrackingError;
use crate::data_directory::DataDirectory;
use crate::outreach::sealing::{seal, unseal};
use crate::outreach::settings;

/// What a secret is sealed for.
const SEALED_FOR: &str = "secret of a shop";
/// The secret before is taken for so long after another was made.
const EARLIER_SECRET_MICROS: i64 = 24 * 3_600 * 1_000_000;
const NAME_LETTERS_MAX: usize = 80;
const SECRET_LETTERS: usize = 40;
/// Shorter secrets are guessed.
const SECRET_LETTERS_MIN: usize = 6;
const SECRET_LETTERS_MAX: usize = 200;
const ORIGINS_MAX: usize = 20;

/// How a shop tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShopKind {
    Shopify,
    WooCommerce,
    Stripe,
    /// One's own server, by a signed message.
    Postback,
    /// Pages of a site, by the script.
    Page,
    /// Files and what is typed.
    File,
}

impl ShopKind {
    pub const ALL: [ShopKind; 6] = [
        ShopKind::Shopify,
        ShopKind::WooCommerce,
        ShopKind::Stripe,
        ShopKind::Postback,
        ShopKind::Page,
        ShopKind::File,
    ];

    pub fn code(self) -> &'static str {
        match self {
            ShopKind::Shopify => "shopify",
            ShopKind::WooCommerce => "woocommerce",
            ShopKind::Stripe => "stripe",
            ShopKind::Postback => "postback",
            ShopKind::Page => "page",
            ShopKind::File => "file",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            ShopKind::Shopify => "Shopify",
            ShopKind::WooCommerce => "WooCommerce",
            ShopKind::Stripe => "Stripe checkout",
            ShopKind::Postback => "own server (signed postback)",
            ShopKind::Page => "own pages (script)",
            ShopKind::File => "files and by hand",
        }
    }

    pub fn from_code(code: &str) -> Option<ShopKind> {
        ShopKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether its messages are signed.
    pub fn is_signed(self) -> bool {
        !matches!(self, ShopKind::Page | ShopKind::File)
    }
}

/// A shop as somebody asks for one.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ShopGiven {
    pub name: String,
    pub kind: String,
    /// Where the shop has made a secret itself, as Shopify and Stripe do; empty: one is drawn.
    pub secret: String,
    /// Of amounts that name none; empty: none is supposed.
    pub currency: String,
    /// Of moments in files that name none, such as Europe/Berlin; empty: none is supposed.
    pub zone: String,
    /// Sites whose pages may tell, one a line or apart by spaces.
    pub origins: String,
}

fn refused(field: &'static str, problem: impl Into<String>) -> TrackingError {
    TrackingError::Field { field, problem: problem.into() }
}

fn random_letters(count: usize) -> Result<String, TrackingError> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = vec![0u8; count];
    rand::fill(&mut bytes).map_err(|_| TrackingError::Log("the system gives no random bytes".to_owned()))?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

/// Sites as they are compared: `https://shop.example`, one a line.
pub fn origins_of(text: &str) -> Result<String, TrackingError> {
    let mut origins = vec![];
    for word in text.split_whitespace() {
        let address = if word.contains("://") { word.to_owned() } else { format!("https://{word}") };
        let url = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let origin = url.map(|url| url.origin().ascii_serialization());
        let origin =
            origin.ok_or_else(|| refused("origins", format!("{word:?} is no site such as https://shop.example")))?;
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    if origins.len() > ORIGINS_MAX {
        return Err(refused("origins", format!("more than {ORIGINS_MAX} sites")));
    }
    Ok(origins.join("\n"))
}

/// Makes a shop; its secret, which is shown this once, where it has one.
///
/// Errors: a field that is wrong; a name that is taken.
pub async fn make(data: &DataDirectory, given: &ShopGiven) -> Result<(ShopRow, Option<String>), TrackingError> {
    let name = given.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > NAME_LETTERS_MAX {
        return Err(refused("name", format!("say what you call the shop, in 1 to {NAME_LETTERS_MAX} letters")));
    }
    let kind = ShopKind::from_code(given.kind.trim()).ok_or_else(|| {
        let all = ShopKind::ALL.map(ShopKind::code).join(", ");
        refused("kind", format!("{:?} is none of {all}", given.kind))
    })?;
    let currency = given.currency.trim().to_uppercase();
    if !currency.is_empty() && Currency::new(&currency).is_err() {
        return Err(refused("currency", format!("{:?} is no currency such as EUR", given.currency)));
    }
    let zone = given.zone.trim();
    if !zone.is_empty() && jiff::tz::TimeZone::get(zone).is_err() {
        return Err(refused("zone", format!("{zone:?} is no zone such as Europe/Berlin")));
    }
    let origins = origins_of(&given.origins)?;
    if kind == ShopKind::Page && origins.is_empty() {
        return Err(refused("origins", "say which site's pages may tell, such as https://shop.example"));
    }
    let secret = match (kind.is_signed(), given.secret.trim()) {
        (false, _) => None,
        // These show a secret of their own, and take none of ours.
        (true, "") if matches!(kind, ShopKind::Shopify | ShopKind::Stripe) => {
            return Err(refused("secret", "give the one that the shop's own settings of webhooks show (--secret)"));
        }
        (true, "") => Some(random_letters(SECRET_LETTERS)?),
        (true, secret) if secret.len() < SECRET_LETTERS_MIN => {
            return Err(refused("secret", format!("it has at least {SECRET_LETTERS_MIN} letters")));
        }
        (true, secret) if secret.len() > SECRET_LETTERS_MAX => {
            return Err(refused("secret", format!("it is longer than {SECRET_LETTERS_MAX} letters")));
        }
        (true, secret) => Some(secret.to_owned()),
    };
    let sealed = secret.as_deref().map(|secret| seal(&data.outreach_key, SEALED_FOR, secret));
    let public_id = random_letters(16)?;
    let new = NewShop {
        public_id: &public_id,
        name: &name,
        kind: kind.code(),
        secret: sealed.as_deref(),
        currency: Some(currency.as_str()).filter(|code| !code.is_empty()),
        zone: Some(zone).filter(|zone| !zone.is_empty()),
        origins: &origins,
    };
    let id = data.store.add_shop(&new, data.now()).await?;
    let id = id.ok_or_else(|| refused("name", format!("{name:?} is taken; choose another")))?;
    Ok((numbered(data, id).await?, secret))
}

pub async fn numbered(data: &DataDirectory, id: i64) -> Result<ShopRow, TrackingError> {
    data.store.shop(id).await?.ok_or_else(|| TrackingError::NoShop(id.to_string()))
}

/// A shop by its number or name.
pub async fn find(data: &DataDirectory, named: &str) -> Result<ShopRow, TrackingError> {
    let shops = data.store.shops().await?;
    let by_name = shops.iter().find(|shop| shop.name.eq_ignore_ascii_case(named.trim()));
    let by_number = || shops.iter().find(|shop| shop.id.to_string() == named.trim());
    by_name.or_else(by_number).cloned().ok_or_else(|| TrackingError::NoShop(named.to_owned()))
}

/// The shop that what is typed or brought in by file belongs to where none is named: the only one that is open. Where there is none at
/// all, one for files is made; where there are several, an order would be counted in two of them.
pub async fn usual(data: &DataDirectory) -> Result<ShopRow, TrackingError> {
    let open: Vec<ShopRow> = data.store.shops().await?.into_iter().filter(|shop| shop.ended_at.is_none()).collect();
    match open.len() {
        0 => {
            let given =
                ShopGiven { name: "Shop".to_owned(), kind: ShopKind::File.code().to_owned(), ..ShopGiven::default() };
            Ok(make(data, &given).await?.0)
        }
        1 => open.into_iter().next().ok_or_else(|| refused("shop", "say of which shop the orders are")),
        _ => Err(refused(
            "shop",
            "there are several shops; say of which the orders are, on the command line by --shop NAME",
        )),
    }
}

/// Another secret; the one before is taken for a day. `secret` empty: one is drawn.
pub async fn rotate(data: &DataDirectory, id: i64, secret: &str) -> Result<String, TrackingError> {
    let shop = numbered(data, id).await?;
    if !ShopKind::from_code(&shop.kind).is_some_and(ShopKind::is_signed) {
        return Err(refused("secret", "what this shop tells is not signed"));
    }
    let secret = match secret.trim() {
        "" => random_letters(SECRET_LETTERS)?,
        secret if secret.len() > SECRET_LETTERS_MAX => {
            return Err(refused("secret", format!("it is longer than {SECRET_LETTERS_MAX} letters")));
        }
        secret => secret.to_owned(),
    };
    let sealed = seal(&data.outreach_key, SEALED_FOR, &secret);
    data.store.set_shop_secret(id, &sealed, Timestamp(data.now().0 + EARLIER_SECRET_MICROS)).await?;
    Ok(secret)
}

/// Secrets that are taken now, the newest first.
pub fn secrets(data: &DataDirectory, shop: &ShopRow) -> Result<Vec<String>, TrackingError> {
    let earlier = shop.earlier_secret.as_ref().filter(|_| shop.earlier_until.is_some_and(|until| until > data.now()));
    let sealed = shop.secret.iter().chain(earlier);
    Ok(sealed.map(|sealed| unseal(&data.outreach_key, SEALED_FOR, sealed)).collect::<Result<_, _>>()?)
}

/// Forgets a buyer: on how many orders and leads.
pub async fn forget_buyer(data: &DataDirectory, email: &str) -> Result<u64, TrackingError> {
    let hash = super::told::customer_hash(&data.outreach_key, email);
    let hash = hash.ok_or_else(|| refused("email", format!("{email:?} is no e-mail address")))?;
    Ok(data.store.forget_customer(&[hash], data.now()).await?)
}

/// Where the shop sends to; below this program's own address where there is no public one.
pub async fn address_of(data: &DataDirectory, shop: &ShopRow) -> Result<String, TrackingError> {
    let settings = settings::settings(data).await?;
    Ok(format!("{}/t/in/{}", settings.public_address, shop.public_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_kept_as_a_browser_names_them() {
        let origins = origins_of("shop.example https://Shop.example/path\nhttp://127.0.0.1:8080/").expect("are sites");
        assert_eq!(origins, "https://shop.example\nhttp://127.0.0.1:8080");
        assert!(origins_of("ftp://shop.example").is_err());
        assert!(origins_of("not a:site").is_err());
    }
}
