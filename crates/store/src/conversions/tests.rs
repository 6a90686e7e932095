//! Orders and leads: once for ever, in whichever order they are told.

use super::standing::Standing;
use super::*;
use crate::shops::NewShop;

async fn store() -> (Store, i64, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("opens");
    let new = NewShop {
        public_id: "abc",
        name: "Shop",
        kind: "postback",
        secret: Some(b"sealed"),
        currency: Some("EUR"),
        zone: None,
        origins: "",
    };
    let shop = store.add_shop(&new, Timestamp(1)).await.expect("keeps").expect("is new");
    (store, shop, folder)
}

fn stated(version: i64, amount: i64) -> Stated {
    Stated {
        version,
        at: 10,
        is_paid: true,
        amount_minor_units: Some(amount),
        currency: Some("EUR".to_owned()),
        ..Stated::default()
    }
}

fn money(kind: MoneyKind, external_id: &str, amount: i64) -> Change {
    let (external_id, currency) = (external_id.to_owned(), "EUR".to_owned());
    Change::Money { kind, external_id, at: Timestamp(20), amount_minor_units: amount, currency }
}

fn order(native_id: &str, changes: Vec<Change>) -> Told {
    Told {
        kind: ConversionKind::Sale,
        native_id: native_id.to_owned(),
        is_by_name: false,
        native_name: None,
        changes,
        proofs: vec![],
        source: "by hand".to_owned(),
    }
}

async fn tell(store: &Store, shop: i64, told: Told) -> Taken {
    store.take_conversions(shop, None, &[told], OthersHear::Yes, Timestamp(30)).await.expect("takes")
}

#[tokio::test]
async fn twenty_tellings_at_once_make_one_row_and_one_more_after_400_days_none() {
    let (store, shop, _folder) = store().await;
    let told = order("1001", vec![Change::Stated(stated(10, 4_990))]);
    let all = (0..20).map(|_| {
        let (store, told) = (store.clone(), told.clone());
        tokio::spawn(async move { tell(&store, shop, told).await })
    });
    let mut new = 0;
    for one in all.collect::<Vec<_>>() {
        new += one.await.expect("ends").new;
    }
    assert_eq!(new, 1);
    let later = Timestamp(400 * 86_400_000_000);
    let taken = store.take_conversions(shop, None, &[told], OthersHear::Yes, later).await.expect("takes");
    assert_eq!((taken.new, taken.changed, taken.known), (0, 0, 1));
    let rows = store.conversions(&ConversionFilter::default(), 0, 9).await.expect("reads");
    assert_eq!((rows.len(), rows[0].net_minor_units), (1, Some(4_990)));
    assert_eq!(store.conversion_events(rows[0].id).await.expect("reads").len(), 1);
}

#[tokio::test]
async fn what_stands_of_an_order_hangs_on_no_order_of_arrival() {
    let all = [
        Change::Stated(Stated { is_paid: false, ..stated(10, 5_000) }),
        Change::Stated(stated(12, 4_500)),
        money(MoneyKind::Refunded, "r1", -500),
        money(MoneyKind::Refunded, "r2", -250),
        money(MoneyKind::ChargedBack, "d1", -100),
    ];
    let mut stands = std::collections::BTreeSet::new();
    for order_of in permutations(all.len()) {
        let (store, shop, _folder) = store().await;
        for place in order_of {
            tell(&store, shop, order("7", vec![all[place].clone()])).await;
        }
        let row = store.conversions(&ConversionFilter::default(), 0, 9).await.expect("reads").remove(0);
        stands.insert((row.net_minor_units, row.amount_minor_units, row.is_paid, row.is_disputed));
    }
    assert_eq!(stands.into_iter().collect::<Vec<_>>(), [(Some(3_650), Some(4_500), true, false)]);
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    match count {
        0 => vec![vec![]],
        _ => {
            let shorter = permutations(count - 1);
            let with = |at: usize| {
                shorter.iter().map(move |one| {
                    let mut one = one.clone();
                    one.insert(at, count - 1);
                    one
                })
            };
            (0..count).flat_map(with).collect()
        }
    }
}

#[test]
fn single_refunds_and_a_total_of_them_are_the_same_money() {
    let eur = || "EUR".to_owned();
    let net = |money: &[(MoneyKind, i64, String)]| standing(vec![stated(1, 1_000)], money).net_minor_units;
    assert_eq!(net(&[(MoneyKind::Refunded, -100, eur()), (MoneyKind::RefundedTotal, -300, eur())]), Some(700));
    assert_eq!(net(&[(MoneyKind::Refunded, -400, eur()), (MoneyKind::RefundedTotal, -300, eur())]), Some(600));
    let (total, file) = (MoneyKind::RefundedTotal, MoneyKind::RefundedInFile);
    assert_eq!(net(&[(total, -100, eur()), (file, -100, eur())]), Some(900), "a payment's total and a file's");
    let other = standing(vec![stated(1, 1_000)], &[(MoneyKind::Refunded, -400, "USD".to_owned())]);
    assert_eq!((other.net_minor_units, other.is_disputed), (Some(1_000), true), "no rate is made up");
}

#[test]
fn two_sayings_of_one_moment_that_differ_are_said_and_the_lower_counts() {
    let stands = standing(vec![stated(1, 2_000), stated(1, 1_000)], &[]);
    assert_eq!((stands.net_minor_units, stands.is_disputed), (Some(1_000), true));
    let cancelled = Stated { cancelled_at: Some(3), ..stated(1, 1_000) };
    assert_eq!(standing(vec![stated(1, 1_000), cancelled], &[]).net_minor_units, Some(0));
    assert_eq!(standing(vec![], &[]), Standing::default(), "what went back of an order that nobody told of");
}

#[tokio::test]
async fn a_file_that_knows_an_order_by_its_name_adds_none_and_a_shop_that_comes_later_neither() {
    let (store, shop, _folder) = store().await;
    let by_number = Told { native_name: Some("#1001".to_owned()), ..order("450", vec![Change::Stated(stated(1, 9))]) };
    let by_name = Told { is_by_name: true, ..order("#1001", vec![Change::Stated(stated(1, 9))]) };
    tell(&store, shop, by_number.clone()).await;
    assert_eq!(tell(&store, shop, by_name.clone()).await.new, 0);
    let (store, shop, _folder) = self::store().await;
    tell(&store, shop, by_name.clone()).await;
    assert_eq!(tell(&store, shop, by_number.clone()).await.new, 0);
    assert_eq!(tell(&store, shop, by_name).await.new, 0);
    let rows = store.conversions(&ConversionFilter::default(), 0, 9).await.expect("reads");
    assert_eq!((rows.len(), rows[0].native_id.as_str()), (1, "450"));
}

#[tokio::test]
async fn a_buyer_who_is_forgotten_leaves_their_orders_and_nothing_that_tells_them_apart() {
    let (store, shop, _folder) = store().await;
    let of =
        |id: &str| order(id, vec![Change::Stated(Stated { customer_hash: Some("ana".to_owned()), ..stated(1, 500) })]);
    tell(&store, shop, of("1")).await;
    tell(&store, shop, of("2")).await;
    assert_eq!(store.forget_customer(&["ana".to_owned()], Timestamp(40)).await.expect("forgets"), 2);
    let rows = store.conversions(&ConversionFilter::default(), 0, 9).await.expect("reads");
    assert!(rows.iter().all(|row| row.customer_hash.is_none() && row.net_minor_units == Some(500)));
    let held: (i64,) = sqlx::query_as("select count(*) from conversion_event where customer_hash is not null")
        .fetch_one(&store.pool)
        .await
        .expect("reads");
    assert_eq!(held.0, 0);
}

#[tokio::test]
async fn a_message_that_came_before_does_nothing() {
    let (store, shop, _folder) = store().await;
    let delivery = NewDelivery { delivery_id: "d1", raw_hash: "h", topic: "orders/paid", outcome: "taken", detail: "" };
    let told = [order("1", vec![Change::Stated(stated(1, 500))])];
    let first =
        store.take_conversions(shop, Some(&delivery), &told, OthersHear::Yes, Timestamp(2)).await.expect("takes");
    let other = [order("2", vec![Change::Stated(stated(1, 500))])];
    let again =
        store.take_conversions(shop, Some(&delivery), &other, OthersHear::Yes, Timestamp(3)).await.expect("takes");
    assert_eq!((first.new, again.is_known_delivery, again.new), (1, true, 0));
    assert_eq!(store.shop_deliveries(shop, 9).await.expect("reads").len(), 1);
}

#[tokio::test]
async fn an_order_whose_number_is_the_name_of_another_is_an_order_of_its_own() {
    let (store, shop, _folder) = store().await;
    let stated = || vec![Change::Stated(stated(1, 9))];
    tell(&store, shop, Told { native_name: Some("5".to_owned()), ..order("1001", stated()) }).await;
    assert_eq!(tell(&store, shop, order("5", stated())).await.new, 1);
    // A file that says names means the first of them.
    let by_name = |name: &str| Told { is_by_name: true, ..order(name, stated()) };
    assert_eq!(tell(&store, shop, by_name("5")).await.new, 0);
    assert_eq!(tell(&store, shop, by_name("1001")).await.new, 1, "nobody sees that number there");
    assert_eq!(tell(&store, shop, by_name("1001")).await.new, 0);
    assert_eq!(store.count_conversions(&ConversionFilter::default()).await.expect("counts"), 3);
}

#[test]
fn a_lead_keeps_its_moment_whatever_is_said_of_it_later() {
    let lead = |version: i64, at: i64| Stated { version, at, is_paid: true, ..Stated::default() };
    let at = |stated: Vec<Stated>| standing(stated, &[]).best.map(|best| best.at);
    assert_eq!(at(vec![lead(1, 5), lead(9, 7)]), Some(7), "the later saying counts");
    assert_eq!(at(vec![lead(0, 7), lead(0, 5)]), Some(5), "of two without an order the first");
}

#[tokio::test]
async fn a_file_that_tells_of_an_order_between_its_refund_and_itself_is_joined_with_both() {
    let (store, shop, _folder) = store().await;
    tell(&store, shop, order("450", vec![money(MoneyKind::Refunded, "r", -5)])).await;
    tell(&store, shop, Told { is_by_name: true, ..order("1001", vec![Change::Stated(stated(1, 50))]) }).await;
    let named = Told { native_name: Some("#1001".to_owned()), ..order("450", vec![Change::Stated(stated(1, 50))]) };
    tell(&store, shop, named).await;
    let rows = store.conversions(&ConversionFilter::default(), 0, 9).await.expect("reads");
    assert_eq!((rows.len(), rows[0].net_minor_units), (1, Some(45)));
}
