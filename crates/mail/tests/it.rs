//! Sending, fetching and signing against real servers: Postfix, Dovecot, pymap, hoodiecrow, and a far end that refuses,
//! hesitates and breaks off as told. `tests/mail/bed.py` starts them; where it cannot, every test says that it is skipped.

#[path = "it/bed.rs"]
mod bed;
#[path = "it/bounce_loop.rs"]
mod bounce_loop;
#[path = "it/bounces.rs"]
mod bounces;
#[path = "it/fetching.rs"]
mod fetching;
#[path = "it/handing_in.rs"]
mod handing_in;
#[path = "it/other_servers.rs"]
mod other_servers;
#[path = "it/signing.rs"]
mod signing;
#[path = "it/strange_servers.rs"]
mod strange_servers;
