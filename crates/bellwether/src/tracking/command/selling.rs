//! `bellwether tracking …` for what was sold: shops, orders and leads, codes, whom orders are credited to.

mod codes;
mod orders;
mod reports;
mod shops;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::data_directory::DataDirectory;
use crate::output::Output;

#[derive(Subcommand)]
pub enum SellingCommand {
    /// Where orders and leads come from.
    Shops,
    /// Connect a shop: prints where it sends to and the secret it signs with.
    Shop(Box<ShopArguments>),
    /// Give a shop another secret; the one before is taken for a day more.
    ShopSecret {
        shop: String,
        /// The one the shop made; without it, one is drawn.
        #[arg(long, default_value = "")]
        secret: String,
    },
    /// Take nothing from a shop any more; what it told stays.
    ShopEnd {
        shop: String,
        /// Take from it again.
        #[arg(long)]
        again: bool,
    },
    /// Bring orders in from a CSV file as shops export it.
    Orders(Box<OrdersArguments>),
    /// Note an order or a lead by hand.
    Order(Box<OrderArguments>),
    /// Orders and leads, the newest first, with whom each is credited to.
    Conversions {
        /// sale or lead; without it, both.
        #[arg(long)]
        kind: Option<String>,
        /// Of one shop.
        #[arg(long)]
        shop: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// One order or lead: what was told of it, what speaks for whom, whom it is credited to.
    Conversion { id: i64 },
    /// Note money that went back on an order.
    Refund {
        id: i64,
        /// As 10.00, in the order's currency.
        #[arg(allow_hyphen_values = true)]
        amount: String,
        /// refund, chargeback or correction.
        #[arg(long, default_value = "refund")]
        kind: String,
        /// The refund's own number; without it, its moment is.
        #[arg(long, default_value = "")]
        number: String,
        /// Without it, now.
        #[arg(long, default_value = "")]
        at: String,
    },
    /// Decide whom an order is credited to.
    Decide {
        id: i64,
        /// The contact.
        contact: Option<i64>,
        /// Leave it to the rules again.
        #[arg(long, conflicts_with = "contact")]
        rules: bool,
    },
    /// Forget a buyer: their orders stay, and nothing tells them from those of others.
    ForgetBuyer { email: String },
    /// Codes with how often each was used and signs that it leaks.
    Codes {
        /// Of one deal.
        #[arg(long)]
        deal: Option<i64>,
        /// Of one campaign.
        #[arg(long)]
        campaign: Option<i64>,
    },
    /// Keep a code that buyers type.
    Code(Box<CodeArguments>),
    /// Make a code by a pattern for every deal of a campaign that has none.
    CampaignCodes {
        campaign: i64,
        /// With {first}, {name}, {deal} or {random}, as {first}10.
        #[arg(long)]
        pattern: String,
        /// Without it, in every shop.
        #[arg(long, default_value = "")]
        shop: String,
        /// The first day they count.
        #[arg(long, default_value = "")]
        from: String,
        /// The last day.
        #[arg(long, default_value = "")]
        until: String,
    },
    /// Bring codes in from a CSV file.
    ImportCodes {
        file: PathBuf,
        /// Without it, in every shop, unless a column says it.
        #[arg(long, default_value = "")]
        shop: String,
        /// Say what would come of it and keep nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Orders from now on do not count for a code.
    EndCode {
        code: String,
        /// Let it count again.
        #[arg(long)]
        again: bool,
    },
    /// Whom orders are credited to, by all models.
    Attribution(Box<CreditArguments>),
    /// Reports that were kept.
    Reports,
    /// A report as it was kept.
    Report {
        id: i64,
        /// Remove it.
        #[arg(long)]
        remove: bool,
    },
}

#[derive(Args)]
pub struct ShopArguments {
    /// What you call it.
    pub name: String,
    /// shopify, woocommerce, stripe, postback, page or file.
    #[arg(long)]
    pub kind: String,
    /// The one the shop made; without it, one is drawn.
    #[arg(long, default_value = "")]
    pub secret: String,
    /// Of amounts that name none, as EUR.
    #[arg(long, default_value = "")]
    pub currency: String,
    /// Of moments in files that name none, as Europe/Berlin.
    #[arg(long, default_value = "")]
    pub zone: String,
    /// A site whose pages may tell; may be given several times.
    #[arg(long)]
    pub origin: Vec<String>,
}

#[derive(Args)]
pub struct OrdersArguments {
    pub file: PathBuf,
    /// Of which shop; without it, the only one, or one for files.
    #[arg(long, default_value = "")]
    pub shop: String,
    /// What a column is, as order="Order number"; may be given several times.
    #[arg(long)]
    pub map: Vec<String>,
    /// Where no column says it; without it, the shop's.
    #[arg(long, default_value = "")]
    pub currency: String,
    /// Say what would come of it and keep nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct OrderArguments {
    /// Its number.
    pub order: String,
    /// sale or lead.
    #[arg(long, default_value = "sale")]
    pub kind: String,
    /// As 49.90.
    #[arg(long, default_value = "")]
    pub amount: String,
    /// Without it, the shop's.
    #[arg(long, default_value = "")]
    pub currency: String,
    /// Without it, the usual one.
    #[arg(long, default_value = "")]
    pub shop: String,
    /// As 2026-03-01 or 2026-03-01T10:00:00Z; without it, now.
    #[arg(long, default_value = "")]
    pub at: String,
    /// The code on it.
    #[arg(long, default_value = "")]
    pub code: String,
    /// The link it came by.
    #[arg(long, default_value = "")]
    pub link: String,
    /// Who sent them, as they said.
    #[arg(long, default_value = "")]
    pub heard_from: String,
    /// The buyer's address; kept as a hash alone.
    #[arg(long, default_value = "")]
    pub email: String,
}

#[derive(Args)]
pub struct CodeArguments {
    pub code: String,
    /// Whose: by the deal.
    #[arg(long)]
    pub deal: Option<i64>,
    /// Or by the contact.
    #[arg(long)]
    pub contact: Option<i64>,
    #[arg(long)]
    pub campaign: Option<i64>,
    /// Without it, in every shop.
    #[arg(long, default_value = "")]
    pub shop: String,
    /// The first day it counts.
    #[arg(long, default_value = "")]
    pub from: String,
    /// The last day.
    #[arg(long, default_value = "")]
    pub until: String,
}

#[derive(Args)]
pub struct CreditArguments {
    /// Of leads in place of sales.
    #[arg(long)]
    pub leads: bool,
    /// Days from a click to the order that count.
    #[arg(long)]
    pub window_days: Option<u32>,
    /// A click at most so old goes before another creator's code.
    #[arg(long)]
    pub before_code_days: Option<u32>,
    /// The age by which a touch weighs half, for decay.
    #[arg(long)]
    pub half_life_days: Option<u32>,
    /// last, first, linear, position, decay, markov or shapley.
    #[arg(long, default_value = "last")]
    pub pay_by: String,
    /// Orders from this day on.
    #[arg(long)]
    pub from: Option<String>,
    /// Orders up to this day.
    #[arg(long)]
    pub until: Option<String>,
    #[arg(long)]
    pub campaign: Option<i64>,
    #[arg(long)]
    pub shop: Option<String>,
    /// Without it, the one that most orders are in.
    #[arg(long)]
    pub currency: Option<String>,
    /// Keep the report under this name.
    #[arg(long)]
    pub keep: Option<String>,
}

/// Runs a command about what was sold.
pub async fn run(data: &DataDirectory, command: SellingCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        SellingCommand::Shops
        | SellingCommand::Shop(_)
        | SellingCommand::ShopSecret { .. }
        | SellingCommand::ShopEnd { .. } => shops::run(data, command, output).await,
        SellingCommand::Codes { .. }
        | SellingCommand::Code(_)
        | SellingCommand::CampaignCodes { .. }
        | SellingCommand::ImportCodes { .. }
        | SellingCommand::EndCode { .. } => codes::run(data, command, output).await,
        SellingCommand::Attribution(_) | SellingCommand::Reports | SellingCommand::Report { .. } => {
            reports::run(data, command, output).await
        }
        _ => orders::run(data, command, output).await,
    }
}
