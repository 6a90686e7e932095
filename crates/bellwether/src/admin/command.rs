//! `bellwether admin …`: who may come in, what was done; backups, and whether everything is whole.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use model::Role;
use serde_json::json;
use store::{ActsAsked, PersonHere};

use super::backup::{backup, restore};
use super::check::{Checked, Finding, Severity, check};
use super::{add, change, choose_password, find, invite, remove};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};

#[derive(Subcommand)]
pub enum AdminCommand {
    /// People who may sign in: add, invite anew, change, remove.
    #[command(subcommand)]
    User(UserCommand),
    /// What was done here and by whom, newest first.
    Acts {
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// The rows that changed, before and after, instead of what was asked for.
        #[arg(long)]
        changes: bool,
    },
    /// A copy of everything in one file, also while the program runs.
    Backup { file: PathBuf },
    /// Make the data directory of a backup; nothing may be at its place.
    Restore { file: PathBuf },
    /// Whether everything that is kept is whole.
    Check {
        /// Read every fact and every file too, not only their sizes.
        #[arg(long)]
        all: bool,
    },
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add somebody; prints the link at which they choose a password, unless one is given.
    Add {
        email: String,
        #[arg(long)]
        name: String,
        /// owner, manager, analyst, finance or viewer.
        #[arg(long, value_parser = role, default_value = "viewer")]
        role: Role,
        /// A file that holds their password; `-` reads it from the input.
        #[arg(long)]
        password_file: Option<std::path::PathBuf>,
        /// The address people reach this program by, for the link.
        #[arg(long, default_value = "http://127.0.0.1:7878")]
        address: String,
    },
    /// Who may sign in.
    List,
    /// A new link at which somebody chooses a password, by address or number.
    Invite {
        person: String,
        #[arg(long, default_value = "http://127.0.0.1:7878")]
        address: String,
    },
    /// Change what somebody may do, or bar them.
    Change {
        person: String,
        #[arg(long, value_parser = role)]
        role: Option<Role>,
        #[arg(long)]
        name: Option<String>,
        /// Sign them out and let them in no more.
        #[arg(long, conflicts_with = "unbar")]
        bar: bool,
        #[arg(long)]
        unbar: bool,
        /// Take their second step away: for somebody whose telephone and codes are lost.
        #[arg(long)]
        without_second_step: bool,
    },
    /// Remove somebody; what they did stays under their name.
    Remove { person: String },
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_code(text.trim()).ok_or_else(|| {
        let all: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
        format!("roles are {}", all.join(", "))
    })
}

/// Runs one command; what it changes is written down as the command line's doing.
pub async fn run(data_dir: &Path, command: AdminCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        AdminCommand::Restore { file } => restored(&file, data_dir, output),
        AdminCommand::Check { all } => whole(data_dir, all, output).await,
        command => {
            let data = DataDirectory::open(data_dir).await?;
            store::acting("|command line".to_owned(), Box::pin(done(&data, command, output))).await
        }
    }
}

fn restored(file: &Path, data_dir: &Path, output: Output<'_>) -> anyhow::Result<()> {
    let done = restore(file, data_dir)?;
    output.result(&done, |out| {
        writeln!(
            out,
            "{} is as it was at {}: {} files, {} bytes\nwhat is derived is made again: bellwether --data-dir {} refresh",
            done.folder,
            done.made_at,
            grouped(done.files),
            grouped(done.bytes),
            done.folder
        )
    })
}

async fn whole(data_dir: &Path, all: bool, output: Output<'_>) -> anyhow::Result<()> {
    anyhow::ensure!(data_dir.exists(), "{} is not there\nhint: name the folder with --data-dir", data_dir.display());
    let checked = match DataDirectory::open(data_dir).await {
        Ok(data) => check(&data, all, |step| output.note(step)).await?,
        // What cannot even be opened is the finding.
        Err(error) => Checked {
            findings: vec![Finding {
                severity: Severity::Damage,
                part: "data directory",
                place: data_dir.display().to_string(),
                problem: error.to_string(),
                next: "mend what it says, or restore a backup: bellwether admin restore",
            }],
            ..Checked::default()
        },
    };
    let is_damaged = checked.is_damaged();
    output.result(&checked, |out| {
        for finding in &checked.findings {
            let bad = if finding.severity == Severity::Damage { "damage" } else { "remark" };
            writeln!(
                out,
                "{bad}: {} {}: {}\n    next: {}",
                finding.part, finding.place, finding.problem, finding.next
            )?;
        }
        writeln!(
            out,
            "looked at {} files of facts of {} imports, {} clicks, {} files of content: {}",
            grouped(checked.fact_files),
            grouped(checked.imports),
            grouped(checked.clicks),
            grouped(checked.content_files),
            if is_damaged { "not whole" } else { "whole" }
        )
    })?;
    anyhow::ensure!(!is_damaged, "not everything is whole");
    Ok(())
}

async fn done(data: &DataDirectory, command: AdminCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        AdminCommand::User(command) => user(data, command, output).await,
        AdminCommand::Backup { file } => {
            let done = backup(data, &file, |step| output.note(step)).await?;
            output.result(&done, |out| {
                writeln!(
                    out,
                    "{}: {} bytes, {} files as of {}; facts could not be brought in for {:.1} s\nit holds the keys: keep it where nobody else reads it",
                    done.file,
                    grouped(done.bytes),
                    grouped(done.files),
                    done.made_at,
                    done.held_seconds
                )
            })
        }
        AdminCommand::Restore { .. } | AdminCommand::Check { .. } => {
            unreachable!("these do not work on an opened directory")
        }
        AdminCommand::Acts { limit, changes: false } => {
            let acts = data.store.acts(&ActsAsked { limit: i64::from(limit), ..ActsAsked::default() }).await?;
            let document: Vec<_> = (acts.iter())
                .map(|act| json!({ "at": clock::iso(act.at), "actor": act.actor, "what": act.what, "subject": act.subject, "outcome": act.outcome }))
                .collect();
            output.result(&document, |out| {
                acts.iter().try_for_each(|act| {
                    writeln!(
                        out,
                        "{}  {:<20}  {:<8}  {}  {}",
                        clock::iso(act.at),
                        act.actor,
                        act.outcome,
                        act.what,
                        act.subject
                    )
                })
            })
        }
        AdminCommand::Acts { limit, changes: true } => {
            let changes = data.store.act_changes(None, None, None, i64::from(limit)).await?;
            let read = |text: &Option<String>| {
                text.as_deref().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok())
            };
            let document: Vec<_> = (changes.iter())
                .map(|one| {
                    json!({ "at": clock::iso(one.at), "actor": one.actor, "table": one.table, "row": one.key,
                    "operation": one.operation, "before": read(&one.before), "after": read(&one.after) })
                })
                .collect();
            output.result(&document, |out| {
                changes.iter().try_for_each(|one| {
                    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
                    writeln!(
                        out,
                        "{}  {}  {} {} {}",
                        clock::iso(one.at),
                        one.actor,
                        one.operation,
                        one.table,
                        one.key
                    )?;
                    writeln!(out, "    before {}\n    after  {}", text(&one.before), text(&one.after))
                })
            })
        }
    }
}

fn person_json(person: &PersonHere) -> serde_json::Value {
    json!({
        "id": person.id, "email": person.email, "name": person.name, "role": person.role,
        "may_sign_in": person.password_hash.is_some() && !person.is_barred, "barred": person.is_barred,
        "second_step": person.totp_secret.is_some(), "signed_in_at": person.signed_in_at.map(clock::iso),
    })
}

fn link(address: &str, secret: &str) -> String {
    format!("{}/invited/{secret}", address.trim_end_matches('/'))
}

async fn user(data: &DataDirectory, command: UserCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        UserCommand::Add { email, name, role, password_file, address } => {
            let password = match password_file {
                None => None,
                Some(file) if file.as_os_str() == "-" => Some(std::io::read_to_string(std::io::stdin())),
                Some(file) => Some(std::fs::read_to_string(file)),
            };
            let password = password
                .transpose()
                .context("the password cannot be read\nhint: name a file that holds it in one line")?;
            // Nobody is added whose password is not taken.
            if let Some(password) = &password {
                super::passwords::check_password(password.trim_end_matches(['\r', '\n']), &[&email, &name])
                    .map_err(super::AdminError::from)?;
            }
            let (id, secret) = add(data, &email, &name, role).await?;
            let link = link(&address, &secret);
            if let Some(password) = password {
                let person = find(data, &id.to_string()).await?;
                choose_password(data, &person, password.trim_end_matches(['\r', '\n']), None).await?;
                return output.result(&json!({ "id": id, "link": null }), |out| {
                    writeln!(out, "{name} may sign in; everybody has to from now on")
                });
            }
            output.result(&json!({ "id": id, "link": link }), |out| {
                writeln!(out, "{link}\n{name} chooses a password there; good for seven days, and once")
            })
        }
        UserCommand::List => {
            let people = data.store.people_here().await?;
            let document: Vec<_> = people.iter().map(person_json).collect();
            output.result(&document, |out| {
                if people.is_empty() {
                    return writeln!(
                        out,
                        "nobody signs in; `bellwether admin user add` adds the first, who has to be an owner"
                    );
                }
                people.iter().try_for_each(|person| {
                    let state = match (person.is_barred, person.password_hash.is_some()) {
                        (true, _) => "barred",
                        (_, true) => "active",
                        _ => "invited",
                    };
                    writeln!(
                        out,
                        "{:>4}  {:<8}  {:<8}  {} <{}>",
                        person.id,
                        person.role.code(),
                        state,
                        person.name,
                        person.email
                    )
                })
            })
        }
        UserCommand::Invite { person, address } => {
            let person = find(data, &person).await?;
            let link = link(&address, &invite(data, person.id).await?);
            output.result(&json!({ "id": person.id, "link": link }), |out| writeln!(out, "{link}"))
        }
        UserCommand::Change { person, role, name, bar, unbar, without_second_step } => {
            let person = find(data, &person).await?;
            let is_barred = bar || (person.is_barred && !unbar);
            let name = name.unwrap_or_else(|| person.name.clone());
            change(data, &person, &name, role.unwrap_or(person.role), is_barred).await?;
            if without_second_step {
                data.store.set_second_step(person.id, None, &[]).await?;
            }
            let changed = find(data, &person.id.to_string()).await?;
            output.result(&person_json(&changed), |out| {
                writeln!(
                    out,
                    "{} is {}{}",
                    changed.name,
                    changed.role.code(),
                    if is_barred { ", and barred" } else { "" }
                )
            })
        }
        UserCommand::Remove { person } => {
            let person = find(data, &person).await?;
            remove(data, &person).await?;
            output.result(&json!({ "removed": person.id }), |out| writeln!(out, "{} is removed", person.name))
        }
    }
}
