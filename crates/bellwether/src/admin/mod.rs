//! People who use this program: who may come in, how they sign in, and what each may do.
//!
//! Before anybody is named, whoever sits at this machine may do everything, and no other machine is let in. Once somebody has a password,
//! everybody signs in.

pub mod backup;
pub mod check;
pub mod command;
pub mod pages;
pub mod passwords;
pub mod rights;
pub mod second_step;

use model::{Days, Role, Timestamp};
use store::{PersonChanged, PersonHere, SignedInRow, StoreError};

use crate::data_directory::DataDirectory;
use crate::outreach::sealing::{seal, unseal};
use crate::secret_links::{hash_of, new_secret};
use passwords::{PasswordProblem, check_password, hash_password, is_password};
use second_step::SECRET_SEALED_FOR;

/// An invitation is open for so long.
pub const INVITATION_DAYS: Days = Days(7);
/// A sign-in ends at the latest after so long …
const SIGNED_IN_DAYS: Days = Days(90);
/// … and when nobody was seen for so long.
const IDLE_DAYS: Days = Days(14);
/// When somebody was seen is noted so often.
const SEEN_EVERY_MICROS: i64 = 300_000_000;
/// So many failures in a row are borne before anybody has to wait.
const FAILURES_BORNE: u32 = 5;
/// What the first wait is; each further failure doubles it.
const WAIT_SECONDS: i64 = 60;
const WAIT_SECONDS_MAX: i64 = 3_600;
/// Whoever has given the password has so long for the second step.
const SECOND_STEP_SECONDS: i64 = 300;
/// What that is sealed for.
const HALF_WAY_SEALED_FOR: &str = "half signed in";
/// Letters of a name.
const NAME_LETTERS_MAX: usize = 100;

/// Why somebody is not let in, or not added.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("{field}: {problem}\nhint: {hint}")]
    Refused { field: &'static str, problem: String, hint: &'static str },
    #[error(
        "address or password is wrong\nhint: a forgotten password is made anew by an owner: bellwether admin user invite"
    )]
    NotKnown,
    #[error("too many failures; nothing is tried before {}", crate::clock::minute(*until))]
    Waits { until: Timestamp },
    #[error("nobody here has the address {0:?}\nhint: `bellwether admin user list` shows who is here")]
    NoSuchPerson(String),
    #[error("one owner who can sign in has to stay\nhint: make somebody else an owner first")]
    LastOwner,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdminError {
    fn refused(field: &'static str, problem: impl Into<String>, hint: &'static str) -> AdminError {
        AdminError::Refused { field, problem: problem.into(), hint }
    }
}

impl From<PasswordProblem> for AdminError {
    fn from(problem: PasswordProblem) -> AdminError {
        AdminError::refused("password", problem.to_string(), "a sentence of four or more words is easy to keep in mind")
    }
}

/// Somebody who is signed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedIn {
    pub id: i64,
    pub name: String,
    pub role: Role,
    /// What this sign-in is kept under.
    pub hash: String,
}

/// An address as it is kept: lower case, nothing around it.
pub fn folded(email: &str) -> String {
    email.trim().to_lowercase()
}

fn checked_email(email: &str) -> Result<String, AdminError> {
    let email = folded(email);
    let is_address = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
        && email.chars().count() <= 200
        && !email.contains(|letter: char| letter.is_whitespace() || letter.is_control() || "<>,;".contains(letter));
    is_address
        .then_some(email)
        .ok_or_else(|| AdminError::refused("email", "is no address", "write it as ana@brand.example"))
}

fn checked_name(name: &str) -> Result<&str, AdminError> {
    let name = name.trim();
    let is_fine = !name.is_empty()
        && name.chars().count() <= NAME_LETTERS_MAX
        && !name.contains(|letter: char| letter.is_control() || letter == '|');
    is_fine.then_some(name).ok_or_else(|| AdminError::refused("name", "is empty or too long", "at most 100 letters"))
}

/// Adds somebody and returns the secret of the link at which they choose a password.
///
/// # Errors
/// `Refused` where the address is none, or is here already; the first one has to be an owner.
pub async fn add(data: &DataDirectory, email: &str, name: &str, role: Role) -> Result<(i64, String), AdminError> {
    let (email, name) = (checked_email(email)?, checked_name(name)?);
    if role != Role::Owner && !data.store.has_people().await? {
        return Err(AdminError::refused("role", "the first one has to be an owner", "others can be added by them"));
    }
    let id = data.store.add_person_here(&email, name, role, data.now()).await?;
    let id = id.ok_or_else(|| {
        AdminError::refused("email", "is here already", "invite them again, or change what they may do")
    })?;
    Ok((id, invite(data, id).await?))
}

/// A new link at which somebody chooses a password; the ones before are void.
pub async fn invite(data: &DataDirectory, id: i64) -> Result<String, AdminError> {
    let secret = new_secret();
    let now = data.now();
    data.store.invite(id, &hash_of(&secret), now.plus_days(INVITATION_DAYS), now).await?;
    Ok(secret)
}

/// Whom the secret of a link invites.
pub async fn invited(data: &DataDirectory, secret: &str) -> Result<Option<PersonHere>, AdminError> {
    Ok(data.store.invited(&hash_of(secret), data.now()).await?)
}

/// Keeps a password somebody chose; they are signed out everywhere but where they are now.
pub async fn choose_password(
    data: &DataDirectory,
    person: &PersonHere,
    password: &str,
    here: Option<&SignedIn>,
) -> Result<(), AdminError> {
    check_password(password, &[&person.email, &person.name])?;
    let hash = hash_password(password.to_owned()).await;
    Ok(data.store.set_password_hash(person.id, &hash, here.map(|here| here.hash.as_str())).await?)
}

/// How far somebody came who gave an address and a password.
pub enum Came {
    In(PersonHere),
    /// A second step is asked for; what is given here is handed back with its code.
    HalfWay(String),
}

/// Looks whether address and password belong together. Whoever is not known takes as long as whoever is.
///
/// # Errors
/// `NotKnown`; `Waits` after several failures, counted by the address that was tried, known or not.
pub async fn enter(data: &DataDirectory, email: &str, password: &str) -> Result<Came, AdminError> {
    let email = folded(email);
    let key = failure_key(data, &email);
    refuse_waiting(data, &key).await?;
    let person = data.store.person_of_email(&email).await?.filter(|person| !person.is_barred);
    let hash = person.as_ref().and_then(|person| person.password_hash.clone());
    if !is_password(password.to_owned(), hash).await {
        note_failure(data, &key).await?;
        return Err(AdminError::NotKnown);
    }
    let person = person.expect("a password was compared with that of somebody");
    if person.totp_secret.is_none() {
        data.store.forgive_sign_in_failures(&key).await?;
        return Ok(Came::In(person));
    }
    let until = data.now().unix_seconds() + SECOND_STEP_SECONDS;
    Ok(Came::HalfWay(sealed_text(data, HALF_WAY_SEALED_FOR, &format!("{} {until}", person.id))))
}

/// Looks at the code of the second step, or one that stands in for it.
///
/// # Errors
/// `NotKnown` for a wrong or used code, or when too much time has passed; `Waits` after several failures.
pub async fn enter_second(data: &DataDirectory, half_way: &str, code: &str) -> Result<PersonHere, AdminError> {
    let opened = opened_text(data, HALF_WAY_SEALED_FOR, half_way).ok_or(AdminError::NotKnown)?;
    let (id, until) = opened.split_once(' ').ok_or(AdminError::NotKnown)?;
    let (id, until): (i64, i64) = (id.parse().unwrap_or(0), until.parse().unwrap_or(0));
    if until < data.now().unix_seconds() {
        return Err(AdminError::NotKnown);
    }
    let person = data.store.person_here(id).await?.filter(|person| !person.is_barred).ok_or(AdminError::NotKnown)?;
    let key = failure_key(data, &person.email);
    refuse_waiting(data, &key).await?;
    if !is_second_step(data, &person, code).await? {
        note_failure(data, &key).await?;
        return Err(AdminError::NotKnown);
    }
    data.store.forgive_sign_in_failures(&key).await?;
    Ok(person)
}

/// Whether a code is that of somebody's second step now, and was not used before.
async fn is_second_step(data: &DataDirectory, person: &PersonHere, code: &str) -> Result<bool, AdminError> {
    let Some(sealed) = &person.totp_secret else { return Ok(false) };
    let code: String = code.chars().filter(|sign| sign.is_ascii_alphanumeric()).collect();
    if code.len() == second_step::DIGITS && code.bytes().all(|digit| digit.is_ascii_digit()) {
        let Ok(secret) = unseal(&data.outreach_key, SECRET_SEALED_FOR, sealed) else { return Ok(false) };
        return match second_step::step_of(&secret, &code, data.now()) {
            Some(step) => Ok(data.store.use_totp_step(person.id, step).await?),
            None => Ok(false),
        };
    }
    Ok(data.store.use_recovery_code(person.id, &hash_of(&code.to_lowercase())).await?)
}

/// A secret for a second step that is not kept yet, in base 32, and the same sealed, to be handed back with the first code.
pub fn new_second_step(data: &DataDirectory) -> (String, String) {
    let secret = second_step::new_secret();
    let sealed = sealed_text(data, SECRET_SEALED_FOR, &secret);
    (secret, sealed)
}

/// Keeps a second step once its first code was right. Returns the codes that stand in for it once each, shown this once.
pub async fn keep_second_step(
    data: &DataDirectory,
    person: i64,
    sealed: &str,
    code: &str,
) -> Result<Vec<String>, AdminError> {
    let wrong = || AdminError::refused("code", "is not the one shown now", "look at the clock of the telephone");
    let secret = opened_text(data, SECRET_SEALED_FOR, sealed).ok_or_else(wrong)?;
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    let step = second_step::step_of(&secret, &code, data.now()).ok_or_else(wrong)?;
    let codes = second_step::recovery_codes();
    let hashes: Vec<String> = codes.iter().map(|code| hash_of(&code.replace('-', ""))).collect();
    let sealed = seal(&data.outreach_key, SECRET_SEALED_FOR, &secret);
    data.store.set_second_step(person, Some(&sealed), &hashes).await?;
    data.store.use_totp_step(person, step).await?;
    Ok(codes)
}

/// Signs somebody in and returns the secret their browser keeps.
pub async fn sign_in(data: &DataDirectory, person: i64, agent: &str) -> Result<String, AdminError> {
    let (secret, now) = (new_secret(), data.now());
    let agent: String = agent.chars().filter(|letter| !letter.is_control()).take(200).collect();
    data.store.sign_in(person, &hash_of(&secret), &agent, now.plus_days(SIGNED_IN_DAYS), now).await?;
    Ok(secret)
}

/// Who a browser's secret belongs to.
pub async fn signed_in(data: &DataDirectory, secret: &str) -> Result<Option<SignedIn>, AdminError> {
    let (hash, now) = (hash_of(secret), data.now());
    let seen_after = Timestamp(now.0 - i64::from(IDLE_DAYS.0) * 86_400_000_000);
    let Some((person, seen_at)) = data.store.signed_in(&hash, now, seen_after).await? else { return Ok(None) };
    if now.0 - seen_at.0 > SEEN_EVERY_MICROS {
        data.store.note_somebody_seen(&hash, now).await?;
    }
    Ok(Some(SignedIn { id: person.id, name: person.name, role: person.role, hash }))
}

/// Where somebody is signed in.
pub async fn sign_ins(data: &DataDirectory, person: i64) -> Result<Vec<SignedInRow>, AdminError> {
    Ok(data.store.sign_ins(person, data.now()).await?)
}

/// Somebody by address or number.
pub async fn find(data: &DataDirectory, named: &str) -> Result<PersonHere, AdminError> {
    let by_number = match named.trim().parse::<i64>() {
        Ok(id) => data.store.person_here(id).await?,
        Err(_) => None,
    };
    let found = match by_number {
        Some(person) => Some(person),
        None => data.store.person_of_email(&folded(named)).await?,
    };
    found.ok_or_else(|| AdminError::NoSuchPerson(named.to_owned()))
}

/// Changes what somebody is called, may do, and whether they may come in.
pub async fn change(
    data: &DataDirectory,
    person: &PersonHere,
    name: &str,
    role: Role,
    is_barred: bool,
) -> Result<(), AdminError> {
    told(data.store.change_person_here(person.id, checked_name(name)?, role, is_barred).await?, person)
}

/// Removes somebody; what they did stays under their name.
pub async fn remove(data: &DataDirectory, person: &PersonHere) -> Result<(), AdminError> {
    told(data.store.remove_person_here(person.id).await?, person)
}

fn told(changed: PersonChanged, person: &PersonHere) -> Result<(), AdminError> {
    match changed {
        PersonChanged::Done => Ok(()),
        PersonChanged::NoSuchPerson => Err(AdminError::NoSuchPerson(person.email.clone())),
        PersonChanged::LastOwner => Err(AdminError::LastOwner),
    }
}

/// The name under which somebody's acts are written down.
pub fn actor_of(who: &SignedIn) -> String {
    format!("{}|{}", who.id, who.name)
}

/// Failures are counted by a keyed hash, so that nobody reads from them which addresses were tried.
fn failure_key(data: &DataDirectory, email: &str) -> String {
    crate::ingest::erasure_hash(&data.outreach_key, "sign-in", email)
}

async fn refuse_waiting(data: &DataDirectory, key: &str) -> Result<(), AdminError> {
    let (_, _, until) = data.store.sign_in_failures(key).await?;
    if until > data.now() { Err(AdminError::Waits { until }) } else { Ok(()) }
}

async fn note_failure(data: &DataDirectory, key: &str) -> Result<(), AdminError> {
    let (failures, _, _) = data.store.sign_in_failures(key).await?;
    let (failures, now) = (failures.saturating_add(1), data.now());
    let seconds = match failures.checked_sub(FAILURES_BORNE) {
        None => 0,
        Some(further) => (WAIT_SECONDS << further.min(6)).min(WAIT_SECONDS_MAX),
    };
    let until = Timestamp(now.0 + seconds * 1_000_000);
    Ok(data.store.note_sign_in_failure(key, failures, until, now).await?)
}

fn sealed_text(data: &DataDirectory, what_for: &str, text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(seal(&data.outreach_key, what_for, text))
}

fn opened_text(data: &DataDirectory, what_for: &str, sealed: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(sealed.trim()).ok()?;
    unseal(&data.outreach_key, what_for, &bytes).ok()
}
