//! `bellwether outreach …`: contacts, mailboxes, templates, sequences, the queue, the inbox, briefs and deals.

use std::path::{Path, PathBuf};

mod asked;
mod campaigning;
mod dealing;
mod keeping;
mod mailing;
mod people;
mod serving;

use clap::Subcommand;

use crate::data_directory::DataDirectory;
use crate::output::Output;

#[derive(Subcommand)]
pub enum OutreachCommand {
    /// What all outreach shares: the public address, who writes, the brand's zone. Without options: as it is.
    Settings(serving::SettingsArguments),
    /// Add a mailbox with its servers, or change the one with this address.
    Mailbox(Box<serving::MailboxArguments>),
    /// The mailboxes, with how each folder compares with its server.
    Mailboxes,
    /// Log in to a mailbox's servers and say what they say; all mailboxes without one named.
    Check { mailbox: Option<String> },
    /// Stop sending from a mailbox.
    Pause {
        mailbox: String,
        /// Why.
        #[arg(long, default_value = "")]
        why: String,
    },
    /// Send from a mailbox again that was paused or has halted.
    Resume { mailbox: String },
    /// Make a domain's signing keys, once, and print the records its DNS needs.
    Dkim { domain: String },
    /// Make a contact: a creator that is held, or anybody by name.
    Add(Box<people::AddArguments>),
    /// Bring contacts in from a CSV file: name, email, greeting, language, zone, owner, tags, source, basis, stage.
    Import {
        file: PathBuf,
        /// Say what would come of it and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Where the addresses came from, for rows that do not say it.
        #[arg(long, default_value = "")]
        source: String,
        /// Why they may be written to, for rows that do not say it.
        #[arg(long, default_value = "published for business")]
        basis: String,
        /// A tag for all of them.
        #[arg(long, default_value = "")]
        tag: String,
    },
    /// Files of contacts that were brought in.
    Imports,
    /// Take an import back: contacts it brought go, unless something has happened with them since.
    UndoImport { import: i64 },
    /// Forget a contact: addresses, mail and timeline go, the addresses are barred for ever by their hashes.
    Forget { contact: String },
    /// Contacts that may be one person, with what speaks for it.
    Duplicates,
    /// Make two contacts one: the second becomes part of the first.
    Merge {
        stays: String,
        goes: String,
        /// What to take over from the second: name, greeting, stage, owner, language, zone, source, main-address, or a field of
        /// your own.
        #[arg(long = "take")]
        take: Vec<String>,
    },
    /// Merges and moves along the stages, the newest first.
    Changes,
    /// Take a merge back; what was changed since stays with the first and is named.
    UndoMerge { change: i64 },
    /// Put contacts back who still stand on the stage where a move put them.
    UndoMove { change: i64 },
    /// The files on a contact.
    Files { contact: String },
    /// Keep a file of up to 25 MB on a contact.
    KeepFile { contact: String, file: PathBuf },
    /// A file that is kept on a contact.
    GetFile {
        file: i64,
        /// Where to; without it to stdout.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Take a file off its contact.
    RemoveFile { file: i64 },
    /// Views: filters of the lists of contacts and deals that are kept under a name.
    Views,
    /// Who did what, the newest first; it is never changed.
    Audit {
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Take contacts out: json with every touch and mail, csv as an import reads it, vcard for address books.
    Export {
        #[arg(long, default_value = "json")]
        format: String,
        /// The file to write; without it, standard output.
        #[arg(long)]
        out: Option<PathBuf>,
        #[arg(long)]
        stage: Option<String>,
        #[arg(long)]
        tag: Option<String>,
    },
    /// Add a field of your own to contacts.
    Field {
        name: String,
        /// text, number, day
        #[arg(long, default_value = "text")]
        kind: String,
    },
    /// Fill a field of a contact; an empty value empties it.
    Fill { contact: String, field: String, value: String },
    /// List contacts.
    Contacts(people::ContactsArguments),
    /// Everything about a contact: addresses, tasks, the timeline of every touch.
    Contact {
        /// Number, e-mail address or name.
        contact: String,
        /// How many touches.
        #[arg(long, default_value_t = 30)]
        limit: u64,
    },
    /// How many contacts stand on each stage, and how long the first of them has.
    Board,
    /// Put contacts on a stage: look, write, written, talking, negotiating, agreed, worked, expired, not-for-us.
    Stage {
        stage: String,
        #[arg(required = true)]
        contacts: Vec<String>,
    },
    /// Write into a contact's timeline what happened elsewhere.
    Note {
        contact: String,
        text: String,
        /// note, call, meeting, dm
        #[arg(long, default_value = "note")]
        kind: String,
    },
    /// Something to do about a contact.
    Task {
        contact: String,
        title: String,
        /// A day as 2026-03-01.
        #[arg(long)]
        due: String,
        #[arg(long, default_value = "")]
        owner: String,
    },
    /// Open tasks, the most urgent first.
    Tasks,
    /// Say that a task is done.
    Done { task: i64 },
    /// Keep a template as its next version.
    Template {
        name: String,
        #[arg(long)]
        subject: String,
        /// A text file; `-` reads from standard input.
        #[arg(long)]
        body: PathBuf,
    },
    /// List the templates, with what each names.
    Templates,
    /// Keep a sequence: each --step is "send TEMPLATE", "wait DAYS" or "task TITLE in DAYS".
    Sequence {
        name: String,
        #[arg(long = "step", required = true)]
        step: Vec<String>,
    },
    /// List the sequences with how many are in each state.
    Sequences,
    /// Put contacts into a sequence; nothing leaves before its release.
    Enrol {
        sequence: String,
        contacts: Vec<String>,
        /// Everybody with this tag.
        #[arg(long)]
        tag: Option<String>,
        /// Everybody of this import.
        #[arg(long)]
        import: Option<i64>,
        #[arg(long)]
        mailbox: Option<String>,
        /// What its templates are filled with: NAME=VALUE.
        #[arg(long = "given")]
        given: Vec<String>,
    },
    /// What everybody who waits for the release would get.
    Preview { sequence: String },
    /// Release all who wait in a sequence; one mail that cannot be written refuses the whole batch.
    Release { sequence: String },
    /// Take a contact out of every sequence.
    Stop { contact: String },
    /// Write a mail to a contact; it leaves after half a minute.
    Write {
        contact: String,
        #[arg(long)]
        subject: String,
        /// A text file; `-` reads from standard input.
        #[arg(long)]
        body: PathBuf,
        #[arg(long)]
        mailbox: Option<String>,
    },
    /// Answer a conversation.
    Answer {
        thread: i64,
        /// A text file; `-` reads from standard input.
        #[arg(long)]
        body: PathBuf,
        #[arg(long)]
        subject: Option<String>,
    },
    /// Conversations by mail, the latest first.
    Inbox {
        /// open, waiting, unread, done, all
        #[arg(long, default_value = "open")]
        show: String,
        /// Words in sender, subject or text.
        #[arg(long)]
        words: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: u64,
    },
    /// One conversation with its mails.
    Thread { thread: i64 },
    /// Let leave what is due.
    Send {
        /// Go on until nothing waits any more, however long its hours and pace make it.
        #[arg(long)]
        until_empty: bool,
    },
    /// Bring the mail of all mailboxes here, thread and classify it.
    Read,
    /// What waits to leave, is of unknown fate or was laid aside.
    Queue,
    /// Say what became of a mail of unknown fate: sent, again, let-be.
    Settle { mail: i64, to: String },
    /// Take a mail back that has not begun to leave.
    TakeBack { mail: i64 },
    /// Never write to an address again.
    Bar {
        address: String,
        #[arg(long, default_value = "")]
        why: String,
    },
    /// Lift a bar that was set by hand; what the other side asked for, or a server said, stays.
    Unbar { address: String },
    /// Say that a creator who is held is this contact.
    Link { contact: String, creator: String },
    /// What came back.
    Bounces,
    /// Keep a brief from a JSON file: goal, product, audience, musts, wishes, freedom, tag, link, code, language, country.
    Brief {
        name: String,
        /// A JSON file; `-` reads from standard input.
        #[arg(long)]
        file: PathBuf,
        /// The number of the campaign it is for.
        #[arg(long)]
        campaign: Option<i64>,
    },
    /// List the briefs.
    Briefs,
    /// Write an offer to a contact down; nobody gets it before they are given their link.
    Offer(Box<dealing::OfferArguments>),
    /// Deals with their terms, those first that have stood longest.
    Deals {
        /// Of one contact.
        #[arg(long)]
        contact: Option<String>,
        /// Of one campaign, by its number.
        #[arg(long)]
        campaign: Option<i64>,
        /// A view of deals, by its name.
        #[arg(long)]
        view: Option<String>,
    },
    /// One deal: terms, every version and what it changed, pieces, payments.
    Deal { deal: i64 },
    /// Make a link to a creator's own page; it is printed this once.
    CreatorLink {
        contact: String,
        #[arg(long, default_value_t = crate::outreach::creator_links::DAYS)]
        days: u32,
    },
    /// What is owed and what was paid.
    Payments,
    /// What creators asked for: facts they contest, accounts they say are theirs, being forgotten.
    Requests,
    /// Answer in writing what somebody contests: it is corrected, or it stands.
    AnswerContest {
        contest: i64,
        /// corrected or stands
        outcome: String,
        #[arg(long)]
        answer: String,
    },
    /// Take an account for whose claim came in a mail that you have read.
    TakeClaim { claim: i64 },
    /// Remind of what comes due, forget whose day has come, look for codes in profiles; `serve` does so by itself.
    Remind,
    /// Note what a second look at a post found.
    Look(asked::LookArguments),
    /// Every campaign with what it comes to.
    Campaigns,
    /// One campaign's board: who stands where, what is planned, agreed and due.
    Campaign { campaign: i64 },
    /// Move creators of a campaign to a stage by hand, or with `facts` back to where the facts lead.
    CampaignMove {
        campaign: i64,
        /// A stage by its code or name, or facts.
        to: String,
        /// Contacts by number, or whoever is in the campaign by name or by the key that `campaign` prints.
        #[arg(required = true)]
        creators: Vec<String>,
    },
    /// The stages of campaigns' boards; with options, changes them.
    CampaignStages(campaigning::StagesArguments),
    /// What of a deal stands in the price history; with parts, says how its fee divides.
    DealPrices {
        deal: i64,
        /// For each kind of piece, in the order of the terms: "instagram:ana story 150 EUR".
        #[arg(long = "part")]
        part: Vec<String>,
    },
    /// What a creator chose of several products and where it is sent; with options, writes it down.
    DealChoice {
        deal: i64,
        /// As the terms call it.
        #[arg(long)]
        product: Option<String>,
        /// The brand chooses.
        #[arg(long)]
        surprise: bool,
        /// Where it is sent.
        #[arg(long, default_value = "")]
        address: String,
    },
}

pub async fn run(data: &DataDirectory, command: OutreachCommand, output: Output<'_>) -> anyhow::Result<()> {
    use OutreachCommand as Of;
    match command {
        Of::Settings(given) => serving::settings(data, given, output).await,
        Of::Mailbox(given) => serving::mailbox(data, *given, output).await,
        Of::Mailboxes => serving::mailboxes(data, output).await,
        Of::Check { mailbox } => serving::check(data, mailbox.as_deref(), output).await,
        Of::Pause { mailbox, why } => serving::pause(data, &mailbox, &why, output).await,
        Of::Resume { mailbox } => serving::resume(data, &mailbox, output).await,
        Of::Dkim { domain } => serving::dkim(data, &domain, output),
        Of::Add(given) => people::add(data, *given, output).await,
        Of::Import { file, dry_run, source, basis, tag } => {
            people::import(data, &file, crate::outreach::importing::ForAll { source, basis, tag }, dry_run, output)
                .await
        }
        Of::Forget { contact } => people::forget(data, &contact, output).await,
        Of::Duplicates => people::duplicates(data, output).await,
        Of::Merge { stays, goes, take } => people::merge(data, &stays, &goes, &take, output).await,
        Of::Changes => people::changes(data, output).await,
        Of::UndoMerge { change } => people::undo_merge(data, change, output).await,
        Of::UndoMove { change } => people::undo_move(data, change, output).await,
        Of::Files { contact } => keeping::files(data, &contact, output).await,
        Of::KeepFile { contact, file } => keeping::keep_file(data, &contact, &file, output).await,
        Of::GetFile { file, out } => keeping::get_file(data, file, out.as_deref(), output).await,
        Of::RemoveFile { file } => keeping::remove_file(data, file, output).await,
        Of::Views => keeping::views(data, output).await,
        Of::Audit { limit } => people::audit(data, limit, output).await,
        Of::Imports => people::imports(data, output).await,
        Of::UndoImport { import } => people::undo_import(data, import, output).await,
        Of::Export { format, out, stage, tag } => {
            people::export(data, &format, out.as_deref(), stage.as_deref(), tag, output).await
        }
        Of::Field { name, kind } => people::field(data, &name, &kind, output).await,
        Of::Fill { contact, field, value } => people::fill(data, &contact, &field, &value, output).await,
        Of::Contacts(asked) => people::contacts(data, asked, output).await,
        Of::Contact { contact, limit } => people::contact(data, &contact, limit, output).await,
        Of::Board => people::board(data, output).await,
        Of::Stage { stage, contacts } => people::stage(data, &stage, &contacts, output).await,
        Of::Note { contact, text, kind } => people::note(data, &contact, &text, &kind, output).await,
        Of::Task { contact, title, due, owner } => people::task(data, &contact, &title, &due, &owner, output).await,
        Of::Tasks => people::tasks(data, output).await,
        Of::Done { task } => people::done(data, task, output).await,
        Of::Template { name, subject, body } => mailing::template(data, &name, &subject, &body, output).await,
        Of::Templates => mailing::templates(data, output).await,
        Of::Sequence { name, step } => mailing::sequence(data, &name, &step, output).await,
        Of::Sequences => mailing::sequences(data, output).await,
        Of::Enrol { sequence, contacts, tag, import, mailbox, given } => {
            let whom = mailing::Whom { named: contacts, tag, import };
            mailing::enrol(data, &sequence, whom, mailbox.as_deref(), &given, output).await
        }
        Of::Preview { sequence } => mailing::preview(data, &sequence, output).await,
        Of::Release { sequence } => mailing::release(data, &sequence, output).await,
        Of::Stop { contact } => mailing::stop(data, &contact, output).await,
        Of::Write { contact, subject, body, mailbox } => {
            mailing::write(data, &contact, subject, &body, mailbox, output).await
        }
        Of::Answer { thread, body, subject } => mailing::answer(data, thread, &body, subject, output).await,
        Of::Inbox { show, words, limit } => mailing::inbox(data, &show, words.as_deref(), limit, output).await,
        Of::Thread { thread } => mailing::thread(data, thread, output).await,
        Of::Send { until_empty } => serving::send(data, until_empty, output).await,
        Of::Read => serving::read(data, output).await,
        Of::Queue => mailing::queue(data, output).await,
        Of::Settle { mail, to } => mailing::settle(data, mail, &to, output).await,
        Of::TakeBack { mail } => mailing::take_back(data, mail, output).await,
        Of::Bar { address, why } => people::bar(data, &address, &why, output).await,
        Of::Unbar { address } => people::unbar(data, &address, output).await,
        Of::Link { contact, creator } => people::link(data, &contact, &creator, output).await,
        Of::Bounces => mailing::bounces(data, output).await,
        Of::Brief { name, file, campaign } => dealing::brief(data, name, &file, campaign, output).await,
        Of::Briefs => dealing::briefs(data, output).await,
        Of::Offer(given) => dealing::offer(data, *given, output).await,
        Of::Deals { contact, campaign, view } => {
            dealing::deals(data, contact.as_deref(), campaign, view.as_deref(), output).await
        }
        Of::Deal { deal } => dealing::deal(data, deal, output).await,
        Of::CreatorLink { contact, days } => dealing::creator_link(data, &contact, days, output).await,
        Of::Payments => dealing::payments(data, output).await,
        Of::Requests => asked::requests(data, output).await,
        Of::AnswerContest { contest, outcome, answer } => {
            let is_corrected = match outcome.as_str() {
                "corrected" => true,
                "stands" => false,
                other => anyhow::bail!("the outcome is corrected or stands, not {other:?}"),
            };
            asked::answer_contest(data, contest, is_corrected, &answer, output).await
        }
        Of::TakeClaim { claim } => asked::take_claim(data, claim, output).await,
        Of::Remind => asked::remind(data, output).await,
        Of::Look(given) => asked::look(data, given, output).await,
        Of::Campaigns => campaigning::campaigns(data, output).await,
        Of::Campaign { campaign } => campaigning::campaign(data, campaign, output).await,
        Of::CampaignMove { campaign, to, creators } => {
            campaigning::campaign_move(data, campaign, &to, &creators, output).await
        }
        Of::CampaignStages(given) => campaigning::campaign_stages(data, given, output).await,
        Of::DealPrices { deal, part } => campaigning::deal_prices(data, deal, &part, output).await,
        Of::DealChoice { deal, product, surprise, address } => {
            campaigning::deal_choice(data, deal, product, surprise, &address, output).await
        }
    }
}

/// A text file's content, or what stands on standard input.
fn text_of(place: &Path) -> anyhow::Result<String> {
    use anyhow::Context;
    if place == Path::new("-") {
        return std::io::read_to_string(std::io::stdin()).context("standard input cannot be read as text");
    }
    std::fs::read_to_string(place).with_context(|| format!("{} cannot be read as text", place.display()))
}
