//! Why a creator stands in a ranking, in one sentence that names only what happened.

use engine::conversations::exchange::Exchange;

/// Why, in one sentence: "answered 41 of your buyers' questions, 12 came back, 7 threads with buying talk".
pub fn reason(exchange: &Exchange) -> String {
    let some = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(one.replace("{}", "1")),
        _ => Some(many.replace("{}", &count.to_string())),
    };
    let other_turns = exchange.turns_to_buyers - exchange.answers;
    let parts: Vec<String> = [
        some(exchange.answers, "answered {} question of your buyers", "answered {} questions of your buyers"),
        some(exchange.buyers_turning, "{} of your buyers turned to them", "{} of your buyers turned to them"),
        if exchange.answers == 0 {
            some(other_turns, "wrote to your buyers once", "wrote to your buyers {} times")
        } else {
            None
        },
        some(exchange.buyers_came_back, "{} came back", "{} came back"),
        some(exchange.buying_threads, "{} thread with buying talk", "{} threads with buying talk"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "no talk with your buyers yet; close to the people they talk with".to_owned()
    } else {
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_names_only_what_happened() {
        let exchange = Exchange {
            answers: 41,
            turns_to_buyers: 60,
            buyers_came_back: 12,
            buying_threads: 7,
            ..Default::default()
        };
        assert_eq!(reason(&exchange), "answered 41 questions of your buyers, 12 came back, 7 threads with buying talk");
        assert!(reason(&Exchange::default()).starts_with("no talk with your buyers yet"));
    }
}
