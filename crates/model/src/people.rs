//! People who use this program: what each role may see and do.

use serde::{Deserialize, Serialize};

/// What somebody is here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Manager,
    Analyst,
    Finance,
    Viewer,
}

/// A kind of thing that may be seen or done. Every address and every tool needs exactly one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Creators, groups, rankings, links, results: nothing with prices, addresses or letters.
    Look,
    /// Prices, fees, costs, payments.
    SeeMoney,
    /// Writing down prices, costs and payments.
    KeepMoney,
    /// Addresses of contacts, and letters.
    SeePeople,
    /// Searching, listing, vetting, planning, measuring: nothing of it leaves this program.
    Analyse,
    /// Bringing data in and taking it back.
    BringIn,
    /// Writing to creators, deals, content, links, brands.
    Act,
    /// People, keys, mailboxes, connections, rules of sources, shops.
    Administer,
}

impl Role {
    pub const ALL: [Role; 5] = [Role::Owner, Role::Manager, Role::Analyst, Role::Finance, Role::Viewer];

    pub fn code(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Manager => "manager",
            Role::Analyst => "analyst",
            Role::Finance => "finance",
            Role::Viewer => "viewer",
        }
    }

    /// `None` for a code of no role.
    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }

    /// What the role may, in a sentence for whoever gives it.
    pub fn words(self) -> &'static str {
        match self {
            Role::Owner => "everything, people and settings too",
            Role::Manager => "creators, contacts, deals, money, data; not people and settings",
            Role::Analyst => "data, search, vetting, plans, results and prices; no letters, no deals",
            Role::Finance => "prices, deals, costs and payments; results",
            Role::Viewer => "creators, groups and results; no prices, no addresses",
        }
    }

    /// Whether the role has a right.
    ///
    /// ```
    /// use model::{Right, Role};
    /// assert!(Role::Finance.may(Right::SeeMoney) && !Role::Finance.may(Right::SeePeople));
    /// ```
    pub fn may(self, right: Right) -> bool {
        match self {
            Role::Owner => true,
            Role::Manager => right != Right::Administer,
            Role::Analyst => matches!(right, Right::Look | Right::SeeMoney | Right::Analyse | Right::BringIn),
            Role::Finance => matches!(right, Right::Look | Right::SeeMoney | Right::KeepMoney),
            Role::Viewer => right == Right::Look,
        }
    }
}

impl Right {
    pub const ALL: [Right; 8] = [
        Right::Look,
        Right::SeeMoney,
        Right::KeepMoney,
        Right::SeePeople,
        Right::Analyse,
        Right::BringIn,
        Right::Act,
        Right::Administer,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Right::Look => "look",
            Right::SeeMoney => "see_money",
            Right::KeepMoney => "keep_money",
            Right::SeePeople => "see_people",
            Right::Analyse => "analyse",
            Right::BringIn => "bring_in",
            Right::Act => "act",
            Right::Administer => "administer",
        }
    }

    pub fn from_code(code: &str) -> Option<Right> {
        Right::ALL.into_iter().find(|right| right.code() == code)
    }

    /// What the right is for, as in "your role does not let you …".
    pub fn words(self) -> &'static str {
        match self {
            Right::Look => "look at creators and results",
            Right::SeeMoney => "see prices and payments",
            Right::KeepMoney => "write down prices and payments",
            Right::SeePeople => "see addresses and letters",
            Right::Analyse => "search, list and plan",
            Right::BringIn => "bring data in or take it back",
            Right::Act => "write to creators, make deals or change brands",
            Right::Administer => "manage people and settings",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_roles_and_rights_is_this_one() {
        let rows: Vec<String> = (Role::ALL.into_iter())
            .map(|role| {
                let may: Vec<&str> = Right::ALL.into_iter().filter(|right| role.may(*right)).map(Right::code).collect();
                format!("{}: {}", role.code(), may.join(" "))
            })
            .collect();
        let expected = [
            "owner: look see_money keep_money see_people analyse bring_in act administer",
            "manager: look see_money keep_money see_people analyse bring_in act",
            "analyst: look see_money analyse bring_in",
            "finance: look see_money keep_money",
            "viewer: look",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn codes_lead_back_to_what_they_are_of() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
        for right in Right::ALL {
            assert_eq!(Right::from_code(right.code()), Some(right));
        }
        assert_eq!(Role::from_code("root"), None);
    }
}
