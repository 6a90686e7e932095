//! Contacts by command: add, list, look, move along, note, task.

use model::outreach::{Channel, Stage, TouchKind};
use serde::Serialize;
use store::outreach::contacts::ContactFilter;

use crate::clock;
use crate::creators;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};
use crate::outreach::OutreachError;
use crate::outreach::contacts::{self, AddressShown, ContactGiven, TouchShown, touch_shown};
use crate::outreach::duplicates;
use crate::outreach::exporting::{self, ExportForm};
use crate::outreach::importing::{self, ForAll};
use crate::outreach::{moving, views};
use crate::web::query::Pairs;

#[derive(clap::Args)]
pub struct AddArguments {
    /// Their name; may be left out where a creator is named.
    #[arg(default_value = "")]
    pub name: String,
    /// A creator that is held here.
    #[arg(long = "creator")]
    pub creator: Vec<String>,
    /// An e-mail address; may be given several times.
    #[arg(long = "email")]
    pub email: Vec<String>,
    /// Where the addresses came from, as the first mail will say it.
    #[arg(long, default_value = "")]
    pub source: String,
    /// Why they may be written to.
    #[arg(long, default_value = "published for business")]
    pub basis: String,
    /// How a mail to them begins.
    #[arg(long, default_value = "")]
    pub greeting: String,
    #[arg(long, default_value = "")]
    pub owner: String,
    /// As de, en, fr.
    #[arg(long, default_value = "")]
    pub language: String,
    /// Their zone, such as Europe/Berlin.
    #[arg(long, default_value = "")]
    pub zone: String,
    #[arg(long = "tag")]
    pub tag: Vec<String>,
}

pub async fn add(data: &DataDirectory, given: AddArguments, output: Output<'_>) -> anyhow::Result<()> {
    let mut accounts = Vec::new();
    for creator in &given.creator {
        accounts.push(creators::find(data, creator).await?);
    }
    let given = ContactGiven {
        name: given.name,
        greeting: given.greeting,
        addresses: given.email.into_iter().map(|address| (Channel::Email, address)).collect(),
        basis: given.basis,
        source: given.source,
        accounts,
        owner: given.owner,
        language: given.language,
        zone: given.zone,
        tags: given.tag,
        stage: None,
    };
    let id = contacts::add(data, given).await?;
    let name = contacts::shown(data, id).await?.row.name;
    output.result(&serde_json::json!({ "contact": id, "name": name }), |out| writeln!(out, "contact {id}: {name}"))
}

#[derive(clap::Args)]
pub struct ContactsArguments {
    /// In the name, a tag, or a whole e-mail address.
    pub words: Option<String>,
    #[arg(long)]
    pub stage: Option<String>,
    #[arg(long)]
    pub owner: Option<String>,
    #[arg(long)]
    pub tag: Option<String>,
    /// Everybody of this import.
    #[arg(long)]
    pub import: Option<i64>,
    /// A view of contacts, by its name; what else is given narrows it differently.
    #[arg(long)]
    pub view: Option<String>,
    #[arg(long, default_value_t = 50)]
    pub limit: u64,
}

#[derive(Serialize)]
struct ContactListed {
    id: i64,
    name: String,
    stage: Stage,
    since: String,
    owner: String,
    last_touch_at: Option<String>,
    last_touch: String,
}

#[derive(Serialize)]
struct ContactsListed {
    contacts: Vec<ContactListed>,
    all: u64,
}

pub async fn contacts(data: &DataDirectory, asked: ContactsArguments, output: Output<'_>) -> anyhow::Result<()> {
    let view = match &asked.view {
        Some(named) => views::find(data, views::CONTACTS.0, named).await?,
        None => Pairs::default(),
    };
    let stage = asked.stage.as_deref().map(stage_of).transpose()?;
    // The last of a pair counts, so what is said here stands in place of what the view says.
    let pairs = view
        .with_some("words", asked.words)
        .with_some("stage", stage.map(Stage::code))
        .with_some("owner", asked.owner)
        .with_some("tag", asked.tag)
        .with_some("import", asked.import);
    let (filter, (_, order)) = (views::contact_filter(data, &pairs), views::contact_order(&pairs));
    let (rows, all) = data.store.contacts_found(&filter, order, 0, asked.limit).await?;
    let listed = rows.into_iter().map(|row| ContactListed {
        id: row.id,
        name: row.name,
        stage: row.stage,
        since: clock::iso(row.stage_since),
        owner: row.owner,
        last_touch_at: row.last_touch_at.map(clock::iso),
        last_touch: row.last_touch,
    });
    let listed = ContactsListed { contacts: listed.collect(), all };
    output.result(&listed, |out| {
        if listed.all == 0 {
            return writeln!(out, "no contact; `bellwether outreach add` makes one");
        }
        for one in &listed.contacts {
            writeln!(out, "{:>6}  {:<28}  {:<12}  {}", one.id, one.name, one.stage.words(), one.last_touch)?;
        }
        writeln!(out, "{} of {}", grouped(listed.contacts.len() as u64), grouped(listed.all))
    })
}

fn stage_of(code: &str) -> Result<Stage, OutreachError> {
    Stage::from_code(code).ok_or_else(|| {
        let all: Vec<&str> = Stage::ALL.iter().map(|stage| stage.code()).collect();
        OutreachError::Field {
            field: "stage",
            problem: format!("{code:?} is no stage\nhint: the stages are {}", all.join(", ")),
        }
    })
}

#[derive(Serialize)]
struct TaskListed {
    id: i64,
    contact: i64,
    title: String,
    due_on: String,
    owner: String,
}

#[derive(Serialize)]
struct ContactInFull {
    id: i64,
    name: String,
    greeting: String,
    stage: Stage,
    since: String,
    owner: String,
    language: String,
    zone: String,
    source: String,
    addresses: Vec<AddressShown>,
    accounts: Vec<String>,
    tags: Vec<String>,
    tasks: Vec<TaskListed>,
    touches: Vec<TouchShown>,
}

pub async fn contact(data: &DataDirectory, named: &str, limit: u64, output: Output<'_>) -> anyhow::Result<()> {
    let id = contacts::find(data, named).await?.id;
    let shown = contacts::shown(data, id).await?;
    let touches = data.store.touches(id, None, limit).await?;
    let full = ContactInFull {
        id,
        since: clock::iso(shown.row.stage_since),
        addresses: shown.addresses,
        accounts: shown.accounts.iter().map(ToString::to_string).collect(),
        tags: shown.tags,
        tasks: shown.tasks.into_iter().map(task_listed).collect(),
        touches: touches.into_iter().map(touch_shown).collect(),
        name: shown.row.name,
        greeting: shown.row.greeting,
        stage: shown.row.stage,
        owner: shown.row.owner,
        language: shown.row.language,
        zone: shown.row.zone,
        source: shown.row.source,
    };
    output.result(&full, |out| {
        writeln!(out, "{}  (contact {})  {}", full.name, full.id, full.stage.words())?;
        for address in &full.addresses {
            let barred = address.barred.as_ref().map_or(String::new(), |why| format!("  NOT TO BE WRITTEN TO: {why}"));
            writeln!(out, "   {} {}  from {}{barred}", address.channel.words(), address.address, address.source)?;
        }
        for task in &full.tasks {
            writeln!(out, "   to do by {}: {}", task.due_on, task.title)?;
        }
        for touch in &full.touches {
            writeln!(out, "   {}  {}: {}", touch.at, touch.words, touch.summary)?;
        }
        Ok(())
    })
}

fn task_listed(task: store::outreach::tasks::TaskRow) -> TaskListed {
    TaskListed { id: task.id, contact: task.contact, title: task.title, due_on: task.due_on, owner: task.owner }
}

#[derive(Serialize)]
struct StageListed {
    stage: Stage,
    contacts: u64,
    longest_days: Option<i64>,
    limit_days: Option<u32>,
}

pub async fn board(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let now = data.now();
    let counts = data.store.contact_stages(&ContactFilter::default()).await?;
    let listed: Vec<StageListed> = Stage::ALL
        .iter()
        .map(|stage| {
            let held = counts.iter().find(|count| count.stage == *stage);
            StageListed {
                stage: *stage,
                contacts: held.map_or(0, |count| count.contacts),
                longest_days: held
                    .and_then(|count| count.longest_since)
                    .map(|since| crate::outreach::sequences::days_between(since, now)),
                limit_days: stage.limit_days(),
            }
        })
        .collect();
    output.result(&listed, |out| {
        for of in &listed {
            let longest = of.longest_days.map_or(String::new(), |days| format!("the first for {days} days"));
            writeln!(out, "{:<14} {:>8}  {longest}", of.stage.words(), grouped(of.contacts))?;
        }
        Ok(())
    })
}

pub async fn stage(data: &DataDirectory, stage: &str, named: &[String], output: Output<'_>) -> anyhow::Result<()> {
    let stage = stage_of(stage)?;
    let mut ids = Vec::new();
    for name in named {
        ids.push(contacts::find(data, name).await?.id);
    }
    let done = moving::move_together(data, &ids, stage).await?;
    let moved = done.moved.len();
    output.result(&serde_json::json!({ "moved": moved, "stage": stage, "change": done.change }), |out| {
        writeln!(out, "{moved} moved to “{}”, {} were there", stage.words(), ids.len() - moved)?;
        match done.change {
            Some(change) => writeln!(out, "`bellwether outreach undo-move {change}` puts them back"),
            None => Ok(()),
        }
    })
}

pub async fn undo_move(data: &DataDirectory, change: i64, output: Output<'_>) -> anyhow::Result<()> {
    let done = moving::undo(data, change).await?;
    output.result(&serde_json::json!({ "back": done.back, "elsewhere": done.elsewhere }), |out| {
        writeln!(out, "{}", moving::put_back_words(done))
    })
}

pub async fn note(data: &DataDirectory, named: &str, text: &str, kind: &str, output: Output<'_>) -> anyhow::Result<()> {
    let contact = contacts::find(data, named).await?;
    let kind = match kind {
        "note" => TouchKind::Note,
        "call" => TouchKind::Call,
        "meeting" => TouchKind::Meeting,
        "dm" => TouchKind::DirectMessage,
        other => anyhow::bail!("{other:?} is none of note, call, meeting, dm"),
    };
    let id = contacts::note(data, contact.id, kind, text, None).await?;
    output.result(&serde_json::json!({ "touch": id, "contact": contact.id }), |out| {
        writeln!(out, "written into the timeline of {}", contact.name)
    })
}

pub async fn task(
    data: &DataDirectory,
    named: &str,
    title: &str,
    due: &str,
    owner: &str,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let contact = contacts::find(data, named).await?;
    let id = contacts::add_task(data, contact.id, title, due, owner).await?;
    output
        .result(&serde_json::json!({ "task": id, "contact": contact.id }), |out| writeln!(out, "task {id}, due {due}"))
}

pub async fn tasks(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let tasks: Vec<TaskListed> =
        data.store.tasks_due("9999-12-31", u64::from(u32::MAX)).await?.into_iter().map(task_listed).collect();
    output.result(&tasks, |out| {
        if tasks.is_empty() {
            return writeln!(out, "nothing to do");
        }
        for task in &tasks {
            writeln!(out, "{:>6}  {}  contact {}  {}", task.id, task.due_on, task.contact, task.title)?;
        }
        Ok(())
    })
}

pub async fn done(data: &DataDirectory, task: i64, output: Output<'_>) -> anyhow::Result<()> {
    if !data.store.end_task(task, crate::outreach::TEAM, data.now()).await? {
        anyhow::bail!("no open task has the number {task}\nhint: `bellwether outreach tasks` lists them");
    }
    output.result(&serde_json::json!({ "task": task, "done": true }), |out| writeln!(out, "task {task} is done"))
}

pub async fn bar(data: &DataDirectory, address: &str, why: &str, output: Output<'_>) -> anyhow::Result<()> {
    let is_new = contacts::bar(data, address, why).await?;
    output.result(&serde_json::json!({ "barred": true, "new": is_new }), |out| {
        writeln!(out, "{address} {}", if is_new { "is never written to from now on" } else { "was barred already" })
    })
}

pub async fn import(
    data: &DataDirectory,
    file: &std::path::Path,
    all: ForAll,
    is_try: bool,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let done = importing::import(data, file, &all, is_try).await?;
    output.result(&done, |out| {
        for issue in done.refused.iter().take(20) {
            writeln!(out, "refused: {issue}")?;
        }
        if done.refused.len() > 20 {
            writeln!(out, "… and {} more", done.refused.len() - 20)?;
        }
        if !done.not_taken.is_empty() {
            writeln!(out, "columns that are not taken: {}", done.not_taken.join(", "))?;
        }
        let (new, known, refused) = (grouped(done.new), grouped(done.known), grouped(done.refused.len() as u64));
        match done.import {
            None => writeln!(out, "would bring {new} new contacts; {known} are held, {refused} rows are refused"),
            Some(import) => writeln!(
                out,
                "import {import}: {new} new contacts, {known} were held and gained what they lacked, {refused} rows refused"
            ),
        }
    })
}

#[derive(Serialize)]
struct ImportListed {
    import: i64,
    label: String,
    rows: u64,
    new: u64,
    known: u64,
    refused: u64,
    imported_at: String,
    undone_at: Option<String>,
}

pub async fn imports(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let listed: Vec<ImportListed> = (data.store.contact_imports().await?.into_iter())
        .map(|row| ImportListed {
            import: row.id,
            label: row.label,
            rows: row.rows_in,
            new: row.rows_new,
            known: row.rows_known,
            refused: row.rows_refused,
            imported_at: clock::iso(row.imported_at),
            undone_at: row.undone_at.map(clock::iso),
        })
        .collect();
    output.result(&listed, |out| {
        if listed.is_empty() {
            return writeln!(out, "no file of contacts was brought in");
        }
        for of in &listed {
            let undone = of.undone_at.as_ref().map_or(String::new(), |at| format!("  taken back {at}"));
            writeln!(
                out,
                "{:>4}  {}  {} new of {} rows{undone}",
                of.import,
                of.label,
                grouped(of.new),
                grouped(of.rows)
            )?;
        }
        Ok(())
    })
}

pub async fn undo_import(data: &DataDirectory, import: i64, output: Output<'_>) -> anyhow::Result<()> {
    let done = importing::undo(data, import).await?;
    output.result(&serde_json::json!({ "removed": done.removed, "stay": done.stay }), |out| {
        writeln!(
            out,
            "{} contacts removed, {} stay because something has happened with them since",
            done.removed,
            done.stay.len()
        )
    })
}

pub async fn duplicates(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let found = duplicates::proposals(data).await?;
    output.result(&found, |out| {
        if found.is_empty() {
            return writeln!(out, "no two contacts look like one person");
        }
        for of in &found {
            let sure = if of.is_sure { "sure" } else { "maybe" };
            writeln!(
                out,
                "{sure:<5}  {} {} = {} {}: {}",
                of.contact,
                of.name,
                of.other,
                of.other_name,
                of.because.join("; ")
            )?;
        }
        Ok(())
    })
}

pub async fn merge(
    data: &DataDirectory,
    stays: &str,
    goes: &str,
    take: &[String],
    output: Output<'_>,
) -> anyhow::Result<()> {
    let taken = duplicates::taken_over(data, take).await?;
    let (stays, goes) = (contacts::find(data, stays).await?, contacts::find(data, goes).await?);
    let change = duplicates::merge(data, stays.id, goes.id, taken).await?;
    output.result(&serde_json::json!({ "change": change, "contact": stays.id }), |out| {
        writeln!(
            out,
            "{} is part of {} now; `bellwether outreach undo-merge {change}` takes it back",
            goes.name, stays.name
        )
    })
}

#[derive(Serialize)]
struct ChangeListed {
    change: i64,
    /// merge, stage
    kind: String,
    summary: String,
    changed_at: String,
    undone_at: Option<String>,
}

pub async fn changes(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let listed: Vec<ChangeListed> = (data.store.contact_changes(200).await?.into_iter())
        .map(|row| ChangeListed {
            change: row.id,
            kind: row.kind,
            summary: row.summary,
            changed_at: clock::iso(row.changed_at),
            undone_at: row.undone_at.map(clock::iso),
        })
        .collect();
    output.result(&listed, |out| {
        if listed.is_empty() {
            return writeln!(out, "no contacts were merged or moved");
        }
        for of in &listed {
            let undone = of.undone_at.as_ref().map_or(String::new(), |at| format!("  taken back {at}"));
            writeln!(out, "{:>4}  {}  {}{undone}", of.change, of.changed_at, of.summary)?;
        }
        Ok(())
    })
}

pub async fn undo_merge(data: &DataDirectory, change: i64, output: Output<'_>) -> anyhow::Result<()> {
    let kept = duplicates::undo(data, change).await?;
    output.result(&serde_json::json!({ "change": change, "stays": kept }), |out| {
        writeln!(out, "two again")?;
        kept.iter().try_for_each(|of| writeln!(out, "changed since, and stays: {of}"))
    })
}

#[derive(Serialize)]
struct AuditListed {
    at: String,
    actor: String,
    what: String,
    about: String,
    detail: String,
}

pub async fn audit(data: &DataDirectory, limit: u64, output: Output<'_>) -> anyhow::Result<()> {
    let listed: Vec<AuditListed> = (data.store.audit(None, limit).await?.into_iter())
        .map(|row| AuditListed {
            at: clock::iso(row.at),
            actor: row.actor,
            what: row.what,
            about: row.about,
            detail: row.detail,
        })
        .collect();
    output.result(&listed, |out| {
        listed
            .iter()
            .try_for_each(|of| writeln!(out, "{}  {}  {}  {}  {}", of.at, of.actor, of.what, of.about, of.detail))
    })
}

pub async fn export(
    data: &DataDirectory,
    format: &str,
    out: Option<&std::path::Path>,
    stage: Option<&str>,
    tag: Option<String>,
    output: Output<'_>,
) -> anyhow::Result<()> {
    use anyhow::Context;
    let form = ExportForm::from_code(format).with_context(|| format!("{format:?} is none of json, csv, vcard"))?;
    let filter = contacts::filter(data, None, stage.map(stage_of).transpose()?, None, tag);
    let (bytes, count) = exporting::export(data, &filter, form).await?;
    match out {
        Some(place) => {
            std::fs::write(place, &bytes).with_context(|| format!("{} cannot be written", place.display()))?;
            let place = place.display().to_string();
            output.result(&serde_json::json!({ "contacts": count, "file": place }), |out| {
                writeln!(out, "{} contacts in {place}", grouped(count))
            })
        }
        None => output.bytes(form.media_type(), &bytes),
    }
}

pub async fn field(data: &DataDirectory, name: &str, kind: &str, output: Output<'_>) -> anyhow::Result<()> {
    let id = contacts::add_field(data, name, kind).await?;
    output.result(&serde_json::json!({ "field": id }), |out| writeln!(out, "field {id}: {name}"))
}

pub async fn fill(
    data: &DataDirectory,
    named: &str,
    field: &str,
    value: &str,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let contact = contacts::find(data, named).await?;
    contacts::fill(data, contact.id, field, value).await?;
    output.result(&serde_json::json!({ "contact": contact.id, "field": field }), |out| {
        writeln!(out, "{field} of {}: {value}", contact.name)
    })
}

pub async fn forget(data: &DataDirectory, named: &str, output: Output<'_>) -> anyhow::Result<()> {
    let contact = contacts::find(data, named).await?;
    data.store.forget_contact(contact.id, data.now()).await?;
    crate::outreach::content::sweep(data).await?;
    data.store
        .add_audit(data.now(), crate::outreach::TEAM, "contact forgotten", &format!("contact {}", contact.id), "")
        .await?;
    output.result(&serde_json::json!({ "forgotten": contact.id }), |out| {
        writeln!(out, "contact {} is forgotten; nothing brings the addresses back", contact.id)
    })
}

pub async fn unbar(data: &DataDirectory, address: &str, output: Output<'_>) -> anyhow::Result<()> {
    contacts::unbar(data, address).await?;
    output.result(&serde_json::json!({ "barred": false }), |out| writeln!(out, "{address} may be written to again"))
}

pub async fn link(data: &DataDirectory, named: &str, creator: &str, output: Output<'_>) -> anyhow::Result<()> {
    let (contact, account) = (contacts::find(data, named).await?, creators::find(data, creator).await?);
    data.store.claim_account(contact.id, account).await?;
    output.result(&serde_json::json!({ "contact": contact.id, "account": account.to_string() }), |out| {
        writeln!(out, "{creator} is {}; the stage is {} everywhere", contact.name, contact.stage.words())
    })
}
