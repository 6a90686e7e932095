//! The phrases by which absence, a wish to be left alone and a challenge are told, in English, German, French, Spanish and,
//! where one word does it, Italian and Dutch.

use crate::read::{ReadMail, one_line, plus_part};

/// Local parts that a "List-Unsubscribe: <mailto:…>" of ours leads to.
const UNSUBSCRIBE_BOXES: [&str; 5] = ["unsubscribe", "unsub", "list-unsubscribe", "abmelden", "optout"];
/// All that somebody has to write to be left alone, lower case, without signs.
const UNSUBSCRIBE: [&str; 62] = [
    "unsubscribe",
    "unsubscribe me",
    "unsubscribe this address",
    "unsubscribe from list",
    "unsubscribe from this list",
    "unsubscribe me from this list",
    "remove",
    "remove me",
    "remove me from your list",
    "remove me from this list",
    "remove me from your mailing list",
    "take me off your list",
    "take me off this list",
    "stop",
    "stop emailing me",
    "stop mailing me",
    "stop writing to me",
    "stop contacting me",
    "opt out",
    "optout",
    "no more emails",
    "no more mails",
    "do not contact me again",
    "dont contact me again",
    "do not email me again",
    // German
    "abmelden",
    "abmeldung",
    "abbestellen",
    "austragen",
    "melden sie mich ab",
    "mich abmelden",
    "stopp",
    "keine mails mehr",
    "keine e mails mehr",
    "keine weiteren mails",
    "keine weiteren e mails",
    "keine weiteren nachrichten",
    "nehmen sie mich aus dem verteiler",
    "nehmt mich aus dem verteiler",
    "aus dem verteiler nehmen",
    // French
    "désabonner",
    "désabonnement",
    "se désabonner",
    "me désabonner",
    "désabonnez moi",
    "désinscription",
    "désinscrire",
    "me désinscrire",
    "désinscrivez moi",
    "retirez moi de votre liste",
    "ne plus recevoir",
    "plus de mails",
    // Spanish
    "baja",
    "darme de baja",
    "dar de baja",
    "denme de baja",
    "cancelar suscripción",
    "no más correos",
    // Italian, Dutch
    "disiscrivimi",
    "cancellami",
    "afmelden",
    "uitschrijven",
];
/// Courtesies around it, which change nothing.
const COURTESIES: [&str; 36] = [
    "please",
    "pls",
    "hi",
    "hello",
    "hey",
    "dear",
    "thanks",
    "thank",
    "you",
    "regards",
    "best",
    "now",
    "bitte",
    "danke",
    "hallo",
    "guten",
    "tag",
    "mit",
    "freundlichen",
    "grüßen",
    "gruß",
    "vg",
    "mfg",
    "sofort",
    "svp",
    "merci",
    "bonjour",
    "cordialement",
    "por",
    "favor",
    "gracias",
    "hola",
    "saludos",
    "immediately",
    "vielen",
    "dank",
];
/// How subjects of automatic answers begin.
const AUTO_SUBJECTS: [&str; 40] = [
    "automatic reply",
    "auto reply",
    "autoreply",
    "auto-reply",
    "auto response",
    "auto-response",
    "autoresponse",
    "out of office",
    "out-of-office",
    "out of the office",
    "ooo:",
    "on vacation",
    "on holiday",
    "away from the office",
    "vacation reply",
    "automatische antwort",
    "automatisch antwoord",
    "automatisch beantwoord",
    "abwesenheitsnotiz",
    "abwesenheitsnachricht",
    "abwesenheit:",
    "abwesend:",
    "abwesenheitsassistent",
    "automatische abwesenheit",
    "nicht im büro",
    "außer haus",
    "réponse automatique",
    "reponse automatique",
    "message d'absence",
    "message d’absence",
    "absence du bureau",
    "absent du bureau",
    "en congés",
    "en congé",
    "respuesta automática",
    "respuesta automatica",
    "fuera de la oficina",
    "fuera de oficina",
    "risposta automatica",
    "afwezig",
];
/// What somebody absent, or a machine that has received something, says in its text.
const ABSENCES: [&str; 52] = [
    "out of office",
    "out of the office",
    "away from my desk",
    "away from the office",
    "on vacation",
    "on holiday",
    "on annual leave",
    "on leave",
    "on parental leave",
    "on maternity leave",
    "automatic reply",
    "automated reply",
    "automatic response",
    "automated response",
    "auto-reply",
    "limited access to email",
    "limited access to my email",
    "this is an automated",
    "this is an automatic",
    "not in the office",
    "i am currently away",
    "i'm currently away",
    // German
    "nicht im büro",
    "außer haus",
    "im urlaub",
    "abwesend",
    "abwesenheit",
    "automatische antwort",
    "nicht erreichbar",
    "in elternzeit",
    "im mutterschutz",
    "wieder erreichbar",
    "wieder im büro",
    "automatisch erstellt",
    // French
    "absent du bureau",
    "absente du bureau",
    "en congé",
    "en vacances",
    "je suis absent",
    "je suis actuellement absent",
    "réponse automatique",
    "message automatique",
    "de retour le",
    "hors du bureau",
    // Spanish
    "fuera de la oficina",
    "fuera de oficina",
    "de vacaciones",
    "respuesta automática",
    "mensaje automático",
    "estoy ausente",
    "estaré ausente",
    "de baja maternal",
];
/// What a machine says that wants to know that a human wrote, so plainly that no person would.
const CHALLENGES: [&str; 24] = [
    "confirm that you are human",
    "confirm you are human",
    "verify that you are human",
    "verify you are human",
    "prove that you are human",
    "prove you are human",
    "confirm that you are a real person",
    "spam arrest",
    "spamarrest",
    "boxbe",
    "challenge-response",
    "challenge response",
    "sender verification",
    "verify your email to have your message",
    "your message is being held",
    "your message has been held",
    "your message is on hold",
    "bestätigen sie, dass sie ein mensch",
    "ihre nachricht wird zurückgehalten",
    "absenderbestätigung",
    "confirmez que vous êtes un humain",
    "votre message est en attente",
    "confirme que es una persona",
    "su mensaje está retenido",
];
/// What it asks for: a click or an answer.
const ASKS: [&str; 18] = [
    "http://",
    "https://",
    "click",
    "link below",
    "reply to this",
    "klicken",
    "antworten sie auf diese",
    "cliquez",
    "répondez à ce",
    "haga clic",
    "responda a este",
    "to be delivered",
    "deliver your message",
    "one time",
    "one-time",
    "zugestellt",
    "captcha",
    "authenticate",
];
/// Words of a message that only wants to be left alone, at most.
const UNSUBSCRIBE_WORDS_MAX: usize = 14;

/// Whether a mail went to the address that "unsubscribe" buttons of mail programs write to.
pub(super) fn is_addressed_to_unsubscribe(mail: &ReadMail) -> bool {
    let delivered = mail.delivered_to.iter().map(String::as_str);
    delivered.chain(mail.to.iter().map(|held| held.address.as_str())).any(|address| {
        let bare = plus_part(address).map_or_else(|| address.to_owned(), |(bare, _)| bare).to_lowercase();
        bare.split_once('@').is_some_and(|(local, _)| UNSUBSCRIBE_BOXES.contains(&local))
    })
}

/// Whether subject and words say nothing but "unsubscribe". The subject alone counts where there are no words; a subject
/// that answers ours ("Re: …") says nothing by itself.
pub(super) fn is_unsubscribe(subject: &str, fresh: &str) -> bool {
    let text = bare_words(fresh);
    if text.split(' ').count() > UNSUBSCRIBE_WORDS_MAX {
        return false;
    }
    let wants = |words: &str| UNSUBSCRIBE.contains(&words) || UNSUBSCRIBE.contains(&without_courtesies(words).as_str());
    let lines: Vec<String> = fresh.lines().map(bare_words).filter(|line| !line.is_empty()).collect();
    let subject = bare_words(subject);
    if text.is_empty() {
        return wants(&subject);
    }
    // A first line that says it, with a name or a signature below.
    let is_first_line = lines.first().is_some_and(|line| wants(line)) && lines.len() <= 3;
    let is_second_line = lines.len() <= 4
        && lines.first().is_some_and(|line| without_courtesies(line).split(' ').count() <= 1)
        && lines.get(1).is_some_and(|line| wants(line));
    wants(&text)
        || is_first_line
        || is_second_line
        || (wants(&subject) && (without_courtesies(&text).is_empty() || text.contains("automatically generated")))
}

/// Whether the subject says that a machine answered. "Re: Automatic reply: …" is a person who answers the machine.
pub(super) fn is_auto_subject(subject: &str) -> bool {
    let subject = plain_quotes(&one_line(subject).to_lowercase());
    let subject = subject.trim_start_matches(['[', '(', '*', '"', ' ']);
    AUTO_SUBJECTS.iter().any(|begin| subject.starts_with(begin))
}

/// Whether subject or words speak of absence.
pub(super) fn is_absence(subject: &str, fresh: &str) -> bool {
    let text = plain_quotes(&one_line(fresh).to_lowercase());
    is_auto_subject(subject) || ABSENCES.iter().any(|phrase| text.contains(phrase))
}

/// Whether a machine asks to confirm that a human wrote. Without a sign that a machine wrote it, the subject has to say so
/// too: a person may well ask "are you human?".
pub(super) fn is_challenge(subject: &str, fresh: &str, has_machine_signs: bool) -> bool {
    let subject = plain_quotes(&one_line(subject).to_lowercase());
    let text = plain_quotes(&one_line(fresh).to_lowercase());
    let says = |words: &str| CHALLENGES.iter().any(|phrase| words.contains(phrase));
    let asks = ASKS.iter().any(|phrase| text.contains(phrase));
    let is_answer = subject.starts_with("re:") || subject.starts_with("aw:");
    let asks_to_confirm = ["verification required", "confirm your message", "confirmation required"]
        .iter()
        .any(|phrase| subject.contains(phrase));
    match has_machine_signs {
        true => asks && (says(&text) || says(&subject)),
        false => asks && !is_answer && (says(&subject) || asks_to_confirm) && says(&text),
    }
}

/// Lower case, letters and digits alone, single spaces.
fn bare_words(text: &str) -> String {
    let kept: String = text.chars().map(|sign| if sign.is_alphanumeric() { sign } else { ' ' }).collect();
    // "don't" is one word.
    one_line(&kept.to_lowercase()).replace("don t ", "dont ")
}

fn without_courtesies(words: &str) -> String {
    words.split(' ').filter(|word| !COURTESIES.contains(word)).collect::<Vec<_>>().join(" ")
}

fn plain_quotes(text: &str) -> String {
    text.replace('’', "'")
}
