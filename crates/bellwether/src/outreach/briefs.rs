//! Briefs: what the product is and for whom, what must be true, what is wished, and what is the creator's own to decide, in
//! that order. There is no place for a script.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use store::outreach::briefs::BriefRow;

use super::{OutreachError, one_line};
use crate::data_directory::DataDirectory;

/// More musts than this and the brand writes the post itself.
pub const MUSTS_WITHOUT_A_QUESTION: usize = 7;
const LINES_MAX: usize = 40;
const LETTERS_MAX: usize = 6_000;

/// A brief as it is kept; lists hold one thing a line.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Brief {
    /// What the campaign is to bring about.
    pub goal: String,
    /// What the product is.
    pub product: String,
    /// Whom it is for.
    pub audience: String,
    /// What must be true or there: claims, disclosure, link, code.
    pub musts: Vec<String>,
    /// What would be welcome.
    pub wishes: Vec<String>,
    /// What is theirs to decide.
    pub freedom: String,
    /// The tag, link and code that posts carry; empty: none.
    pub tag: String,
    pub link: String,
    pub code: String,
    /// The language posts are in, as `de`, and the country whose rules on disclosure are asked, as `DE`.
    pub language: String,
    pub country: String,
}

/// A brief with its name, as somebody gives it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct BriefGiven {
    pub name: String,
    pub campaign: Option<i64>,
    pub brief: Brief,
}

/// A brief as it is held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BriefShown {
    pub row: BriefRow,
    pub brief: Brief,
}

/// The lines of a text that say something.
pub fn lines(text: &str) -> Vec<String> {
    let plain = |line: &str| line.trim().trim_start_matches(['-', '*', '•']).trim().to_owned();
    text.lines().map(plain).filter(|line| !line.is_empty()).collect()
}

/// Asks whether the brand writes the post itself, where it sets too many musts.
pub fn question(brief: &Brief) -> Option<String> {
    let musts = brief.musts.len();
    (musts > MUSTS_WITHOUT_A_QUESTION).then(|| {
        format!(
            "{musts} things must be so: are you writing the post yourself? People listen to somebody they know; \
             {MUSTS_WITHOUT_A_QUESTION} or fewer leave them their own voice"
        )
    })
}

fn checked(given: &BriefGiven) -> Result<Brief, OutreachError> {
    let empty = |field: &'static str, problem: &str| Err(OutreachError::Field { field, problem: problem.to_owned() });
    let of = &given.brief;
    let brief = Brief {
        goal: long("goal", &of.goal)?,
        product: long("product", &of.product)?,
        audience: long("audience", &of.audience)?,
        musts: listed("musts", &of.musts)?,
        wishes: listed("wishes", &of.wishes)?,
        freedom: long("freedom", &of.freedom)?,
        tag: one_line("tag", &of.tag, 120)?,
        link: link_of(&of.link)?,
        code: one_line("code", &of.code, 60)?,
        language: code_of("language", &of.language, "de")?.to_lowercase(),
        country: code_of("country", &of.country, "DE")?.to_uppercase(),
    };
    if brief.product.is_empty() {
        return empty("product", "say what the product is; a creator must know what they speak of");
    }
    if brief.freedom.is_empty() {
        return empty("freedom", "say what is theirs to decide; a brief that leaves nothing is a script");
    }
    Ok(brief)
}

fn long(field: &'static str, text: &str) -> Result<String, OutreachError> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    if text.chars().count() > LETTERS_MAX {
        return Err(OutreachError::Field { field, problem: format!("it is longer than {LETTERS_MAX} letters") });
    }
    Ok(text)
}

fn listed(field: &'static str, all: &[String]) -> Result<Vec<String>, OutreachError> {
    if all.len() > LINES_MAX {
        return Err(OutreachError::Field { field, problem: format!("there are more than {LINES_MAX} lines") });
    }
    all.iter().map(|line| one_line(field, line, 400)).collect()
}

fn link_of(text: &str) -> Result<String, OutreachError> {
    let link = one_line("link", text, 600)?;
    let is_one =
        link.is_empty() || ["https://", "http://"].iter().any(|way| link.starts_with(way) && !link.contains(' '));
    match is_one {
        true => Ok(link),
        false => Err(OutreachError::Field { field: "link", problem: format!("{link:?} does not begin with https://") }),
    }
}

fn code_of(field: &'static str, text: &str, like: &str) -> Result<String, OutreachError> {
    let code = text.trim().to_owned();
    if code.is_empty() || (code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_alphabetic())) {
        return Ok(code);
    }
    Err(OutreachError::Field { field, problem: format!("{code:?} is no code of two letters such as {like}") })
}

/// Makes a brief.
pub async fn add(data: &DataDirectory, given: &BriefGiven) -> Result<i64, OutreachError> {
    let name = one_line("name", &given.name, 120)?;
    if name.is_empty() {
        return Err(OutreachError::Field { field: "name", problem: "a brief needs a name".to_owned() });
    }
    let body = serde_json::to_string(&checked(given)?).expect("a brief is plain");
    let made = data.store.add_brief(&name, known_campaign(data, given.campaign).await?, &body, data.now()).await?;
    made.ok_or_else(|| OutreachError::Field {
        field: "name",
        problem: format!("there is a brief {name:?} already; change it on its own page"),
    })
}

/// Keeps a brief's next version; deals keep the version they were made on.
pub async fn change(data: &DataDirectory, id: i64, version: i64, given: &BriefGiven) -> Result<i64, OutreachError> {
    let body = serde_json::to_string(&checked(given)?).expect("a brief is plain");
    let campaign = known_campaign(data, given.campaign).await?;
    data.store.change_brief(id, version, campaign, &body, data.now()).await?.ok_or_else(|| {
        OutreachError::Refused(
            "somebody else changed this brief meanwhile\nhint: open it again beside this page and bring yours in"
                .to_owned(),
        )
    })
}

async fn known_campaign(data: &DataDirectory, campaign: Option<i64>) -> Result<Option<i64>, OutreachError> {
    let Some(id) = campaign else { return Ok(None) };
    match data.store.campaign(id).await? {
        Some(_) => Ok(Some(id)),
        None => Err(OutreachError::Field { field: "campaign", problem: format!("there is no campaign {id}") }),
    }
}

pub fn shown(row: BriefRow) -> Result<BriefShown, OutreachError> {
    let brief = serde_json::from_str(&row.body).map_err(|error| {
        OutreachError::Refused(format!("brief {} cannot be read: {error}\nhint: write it anew", row.id))
    })?;
    Ok(BriefShown { row, brief })
}

/// A brief in a version, or in its latest.
pub async fn find(data: &DataDirectory, id: i64, version: Option<i64>) -> Result<BriefShown, OutreachError> {
    let row = data.store.brief(id, version).await?.ok_or_else(|| OutreachError::NoBrief(id.to_string()))?;
    shown(row)
}

/// A brief by its number or its name.
pub async fn named(data: &DataDirectory, named: &str) -> Result<BriefShown, OutreachError> {
    if let Ok(id) = named.parse::<i64>() {
        return find(data, id, None).await;
    }
    let all = data.store.briefs().await?;
    let found = all.into_iter().find(|row| row.name.eq_ignore_ascii_case(named.trim()));
    shown(found.ok_or_else(|| OutreachError::NoBrief(named.to_owned()))?)
}

/// When a brief was last changed, for lists.
pub fn changed_at(brief: &BriefShown) -> Timestamp {
    brief.row.changed_at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> BriefGiven {
        let brief = Brief {
            product: "A hand grinder".to_owned(),
            freedom: "Where you brew, what you say of it".to_owned(),
            ..Brief::default()
        };
        BriefGiven { name: "Spring".to_owned(), campaign: None, brief }
    }

    #[test]
    fn a_brief_that_leaves_nothing_to_the_creator_is_refused() {
        let mut none = given();
        none.brief.freedom = "  \n ".to_owned();
        let refused = checked(&none).expect_err("is refused");
        assert!(matches!(refused, OutreachError::Field { field: "freedom", .. }), "{refused}");
        assert!(checked(&given()).is_ok());
    }

    #[test]
    fn more_than_seven_musts_ask_who_writes_the_post() {
        let mut brief = given().brief;
        brief.musts = (0..7).map(|number| format!("must {number}")).collect();
        assert_eq!(question(&brief), None);
        brief.musts.push("one more".to_owned());
        assert!(question(&brief).expect("asks").contains("are you writing the post yourself?"));
    }

    #[test]
    fn lists_are_read_a_thing_a_line_with_or_without_dashes() {
        assert_eq!(lines("- says it is steel\n\n  * the code\nlink"), ["says it is steel", "the code", "link"]);
    }
}
