//! Whom a brand's buyers speak with when deciding, as a page: people, groups, the questions asked and what followed.

use askama::Template;
use axum::extract::{Query, State};
use engine::conversations::deciding::{Deciding, Question};
use model::{AccountId, Brand, Timestamp, Unit};

use super::super::deciding::{DecidingReport, DecidingRequest, report, share_of_deciding};
use super::groups::Link;
use crate::clock;
use crate::creators;
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::{BrandChoice, brand_at_hand, brand_choices};
use crate::web::error::WebError;
use crate::web::estimates::EstimateCell;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;
use crate::web::words;

/// People and questions on the page.
const PEOPLE_SHOWN: usize = 25;
const QUESTIONS_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "conversations/deciding.html")]
struct DecidingPage {
    layout: Layout,
    brand: Option<Brand>,
    brands: Vec<BrandChoice>,
    finding: String,
    people: Vec<PartnerLine>,
    groups: Vec<GroupTurns>,
    outside: String,
    questions: Vec<QuestionLine>,
    about: String,
    buyer: String,
    from: String,
    questions_words: String,
    clear: String,
}

struct PartnerLine {
    person: Person,
    share: EstimateCell,
    turns: String,
    answers: String,
    place: String,
    place_in_all_talk: String,
    evidence: String,
    group: Option<Link>,
}

struct GroupTurns {
    group: Link,
    turns: String,
    share: String,
}

struct QuestionLine {
    asker: Person,
    when: String,
    title: String,
    words: String,
    url: Option<String>,
    answered: Vec<Person>,
    answered_words: String,
    followed: String,
    thread: Option<String>,
}

/// `GET /conversations/deciding?brand=…&buyer=…&about=…&from=…`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = Pairs(pairs);
    let brand = brand_at_hand(&app, query.one("brand")).await?;
    let about = query.one("about").unwrap_or("").to_owned();
    let buyer = query.one("buyer").unwrap_or("").to_owned();
    let from = query.one("from").unwrap_or("").to_owned();
    let from_unix = match from.as_str() {
        "" => None,
        day => Some(
            clock::parse_utc_without_zone(&format!("{day}T00:00:00"))
                .ok_or_else(|| {
                    WebError::unreadable(format!("from={day} is not understood"), "A day is written like 2026-03-01.")
                })?
                .unix_seconds(),
        ),
    };
    let found = match &brand {
        Some(brand) => {
            let buyer = if buyer.is_empty() { None } else { Some(creators::find(&app.data, &buyer).await?) };
            let about = (!about.is_empty()).then(|| about.clone());
            let request = DecidingRequest { brand: brand.clone(), buyer, about, from_unix };
            let data = app.data.clone();
            Some(aside(move || async move { report(&data, &request).await }).await?)
        }
        None => None,
    };
    let brand_id = brand.as_ref().map(|brand| brand.id);
    let brands = brand_choices(&app, brand_id, "/conversations/deciding").await?;
    let layout = Layout::load(&app, visit, Word::Conversations, "Whom buyers speak with when deciding").await?;
    let drawing = found.as_ref().map(|found| Drawing { found, brand: brand_id });
    draw(DecidingPage {
        layout,
        finding: found.as_ref().map(|found| finding(found, brand.as_ref(), &about)).unwrap_or_default(),
        people: drawing.as_ref().map(Drawing::people).unwrap_or_default(),
        groups: drawing.as_ref().map(Drawing::groups).unwrap_or_default(),
        outside: found.as_ref().map(|found| format::count(found.turns_outside)).unwrap_or_default(),
        questions: drawing.as_ref().map(Drawing::questions).unwrap_or_default(),
        questions_words: found.as_ref().map(|found| questions_words(&found.deciding)).unwrap_or_default(),
        clear: Pairs::default().with_some("brand", brand_id).address("/conversations/deciding"),
        brands,
        brand,
        about,
        buyer,
        from,
    })
    .await
}

fn finding(found: &DecidingReport, brand: Option<&Brand>, about: &str) -> String {
    let name = brand.map_or("the brand", |brand| brand.name.as_str());
    let about = if about.is_empty() { String::new() } else { format!(" about “{about}”") };
    let deciding = &found.deciding;
    if deciding.buyers == 0 {
        return format!(
            "None of {name}’s {} is seen choosing or buying anything{about} in what is held.",
            format::counted(found.buyers, "buyer", "buyers")
        );
    }
    let seen = format!(
        "{} of {name}’s {} are seen deciding{about}, in {}",
        format::count(u64::from(deciding.buyers)),
        format::counted(found.buyers, "buyer", "buyers"),
        format::counted(u64::from(deciding.threads), "thread", "threads")
    );
    match deciding.partners.first() {
        Some(first) => {
            let account = found.snapshot.account(first.account);
            let who = found.names.get(&account).map_or("somebody", |name| name.name.as_str());
            format!(
                "{seen}. {who} is spoken with most: {} did so meanwhile.",
                format::counted(u64::from(first.buyers), "buyer", "buyers")
            )
        }
        None => format!("{seen}, and nobody speaks with them."),
    }
}

fn questions_words(deciding: &Deciding) -> String {
    let asked = deciding.questions.len() as u64;
    let answered = deciding.questions.iter().filter(|question| !question.answered_by.is_empty()).count() as u64;
    let came_back = deciding.questions.iter().filter(|question| question.came_back > 0).count() as u64;
    format!(
        "{}; {} were answered, in {} the asker came back to those who answered",
        format::counted(asked, "question", "questions"),
        format::count(answered),
        format::count(came_back)
    )
}

struct Drawing<'a> {
    found: &'a DecidingReport,
    brand: Option<model::BrandId>,
}

impl Drawing<'_> {
    fn account(&self, place: u32) -> AccountId {
        self.found.snapshot.account(place)
    }

    fn person(&self, place: u32) -> Person {
        let account = self.account(place);
        self.found
            .names
            .get(&account)
            .map_or_else(|| Person::new(account, model::Platform::Other, &format!("account {account}"), ""), Person::of)
            .for_brand(self.brand)
    }

    fn with_brand(&self, path: String) -> String {
        Pairs::default().with_some("brand", self.brand).address(&path)
    }

    fn people(&self) -> Vec<PartnerLine> {
        let deciding = &self.found.deciding;
        let mut by_all: Vec<(u32, u32)> =
            deciding.partners.iter().map(|partner| (partner.buyers_in_all_talk, partner.account)).collect();
        by_all.sort_unstable_by_key(|&(buyers, account)| (std::cmp::Reverse(buyers), account));
        let as_of = self.found.as_of.unwrap_or(Timestamp(0));
        deciding
            .partners
            .iter()
            .take(PEOPLE_SHOWN)
            .enumerate()
            .map(|(place, partner)| {
                let evidence = self.with_brand(format!("/conversations/{}", self.account(partner.account)));
                let share = share_of_deciding(partner.buyers, deciding.buyers, as_of, &evidence);
                let elsewhere = by_all.iter().position(|&(_, account)| account == partner.account).unwrap_or(0) + 1;
                let group = self.found.group_of.get(&partner.account).and_then(|id| {
                    let (group, _) = self.found.groups.iter().find(|(group, _)| group.id == *id)?;
                    Some(Link { name: group.called(), address: self.with_brand(format!("/conversations/groups/{id}")) })
                });
                PartnerLine {
                    person: self.person(partner.account),
                    share: EstimateCell::new("Share of deciding buyers", &share, 1.0, Some(evidence.clone())),
                    turns: format::count(u64::from(partner.turns)),
                    answers: format::count(u64::from(partner.answers)),
                    place: format::count(place as u64 + 1),
                    place_in_all_talk: format::count(elsewhere as u64),
                    evidence,
                    group,
                }
            })
            .collect()
    }

    fn groups(&self) -> Vec<GroupTurns> {
        let all: u64 = self.found.groups.iter().map(|(_, turns)| turns).sum::<u64>() + self.found.turns_outside;
        self.found
            .groups
            .iter()
            .take(8)
            .map(|(group, turns)| GroupTurns {
                group: Link {
                    name: group.called(),
                    address: self.with_brand(format!("/conversations/groups/{}", group.id)),
                },
                turns: format::count(*turns),
                share: format!("{:.0}\u{a0}%", 100.0 * *turns as f64 / all.max(1) as f64),
            })
            .collect()
    }

    fn questions(&self) -> Vec<QuestionLine> {
        self.found.deciding.questions.iter().take(QUESTIONS_SHOWN).map(|question| self.question(question)).collect()
    }

    fn question(&self, question: &Question) -> QuestionLine {
        let post = self.found.posts.get(&question.thread);
        let title = post.and_then(|post| post.title.as_deref()).map(words::plain).filter(|title| !title.is_empty());
        let answered = question.answered_by.len();
        let mut followed = vec![];
        if question.came_back > 0 {
            followed.push(format!("came back {}", format::counted(u64::from(question.came_back), "time", "times")));
        }
        if question.bought_later {
            followed.push("said later that they bought".to_owned());
        }
        let first = question.first_answer_seconds.map(|seconds| format::part(seconds.max(0) as f64, Unit::Seconds));
        QuestionLine {
            asker: self.person(question.asker),
            when: clock::day(Timestamp::from_unix_seconds(question.at_unix)),
            title: title.unwrap_or_default(),
            words: self
                .found
                .words
                .get(&question.text)
                .map(|words| words::plain(words).chars().take(300).collect())
                .unwrap_or_default(),
            url: words::safe_link(post.and_then(|post| post.url.as_deref())),
            answered: question.answered_by.iter().take(6).map(|&account| self.person(account)).collect(),
            answered_words: match (answered, first) {
                (0, _) => "nobody answered".to_owned(),
                (some, Some(first)) => format!("{} answered, the first after {first}", format::count(some as u64)),
                (some, None) => format!("{} answered", format::count(some as u64)),
            },
            followed: if followed.is_empty() { "nothing that is held".to_owned() } else { followed.join(", ") },
            thread: question.answered_by.first().map(|&first| {
                format!("/conversations/between/{}/{}", self.account(question.asker), self.account(first))
            }),
        }
    }
}
