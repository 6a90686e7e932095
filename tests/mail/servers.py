"""The settings that the servers of the test bed run with, written into its folder."""

import os
import shutil
import subprocess

PASSWORD = "secret"
DOMAIN = "example.test"

DOVECOT = """
base_dir = {own}/run
log_path = {own}/log
protocols = {protocols}
listen = 127.0.0.1
{tls}
auth_mechanisms = plain login
mail_location = maildir:{mail}/%u
mail_fsync = never
mailbox_idle_check_interval = 1 secs
first_valid_uid = 1
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
auth_failure_delay = 0
# A default of ten connections of one user and address: tests open more.
mail_max_userip_connections = 1000
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={mail}/%u allow_all_users=yes
}}
service anvil {{
  # Wrong passwords make later logins from the same address slow, which here is every test.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  client_limit = 4096
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
service imap-login {{
  service_count = 0
  process_min_avail = 1
  client_limit = 1000
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
{imaps_ssl}
  }}
}}
service imap {{
  process_limit = 1024
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
  mailbox Drafts {{
    auto = create
    special_use = \\Drafts
  }}
}}
"""

LMTP = """
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol lmtp {{
  auth_username_format = %Ln
}}
"""

POSTFIX = """
compatibility_level = 3.6
queue_directory = {pf}/queue
data_directory = {pf}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {pf}/log
maillog_file_prefixes = {folder}
myhostname = mx.brand.example.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
recipient_delimiter = +
virtual_mailbox_domains = {domain}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = smtp:[127.0.0.1]:{sink}
smtp_dns_support_level = disabled
smtp_host_lookup = native
alias_maps =
alias_database =
local_recipient_maps =
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
maximal_queue_lifetime = 20s
bounce_queue_lifetime = 20s
delay_warning_time = 0
# Tests open many connections at once, all from one address.
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 2000
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
"""

OPENSSL = """
[req]
distinguished_name = name
x509_extensions = own
prompt = no
[name]
CN = mx.brand.example.test
[own]
# Not an authority: verifiers refuse an authority's certificate as that of a server.
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, DNS:mx.brand.example.test, IP:127.0.0.1
"""


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.lstrip("\n"))


def write_certificate(folder):
    """A self-signed certificate for localhost, 127.0.0.1 and mx.brand.example.test; returns the paths of it and its key."""
    certificate, key, config = f"{folder}/certificate.pem", f"{folder}/key.pem", f"{folder}/openssl.cnf"
    write(config, OPENSSL)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    subprocess.run(
        [*command, "-config", config, "-keyout", key, "-out", certificate], check=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.chmod(key, 0o600)
    return certificate, key


def write_dovecot(folder, name, ports, tls):
    """One Dovecot; both look at the same mail. `tls`: certificate and key, else it speaks in clear and takes LMTP."""
    own, mail = f"{folder}/{name}", f"{folder}/mail"
    os.makedirs(own, exist_ok=True)
    if not os.path.isdir(mail):
        os.makedirs(mail)
        shutil.chown(mail, "mail", "mail")
    if tls:
        spoken = f"ssl = required\nssl_cert = <{tls[0]}\nssl_key = <{tls[1]}\ndisable_plaintext_auth = yes"
    else:
        spoken = "ssl = no\ndisable_plaintext_auth = no"
    text = DOVECOT.format(
        own=own,
        mail=mail,
        protocols="imap" if tls else "imap lmtp",
        tls=spoken,
        password=PASSWORD,
        auth=ports["auth_tls" if tls else "auth"],
        imap=ports["imap_starttls" if tls else "imap_plain"],
        imaps=ports["imap_tls"] if tls else 0,
        imaps_ssl="    ssl = yes" if tls else "",
    )
    if not tls:
        text += LMTP.format(lmtp=ports["lmtp"])
    write(f"{own}/dovecot.conf", text)


def without_chroot(line):
    """A line of master.cf with `n` in the chroot column."""
    fields = line.split()
    if line.startswith(("#", " ", "\t")) or len(fields) < 8:
        return line
    fields[4] = "n"
    return " ".join(fields)


def write_postfix(folder, ports, tls):
    pf = f"{folder}/pf"
    for name in ("etc", "queue", "data"):
        os.makedirs(f"{pf}/{name}", exist_ok=True)
    shutil.chown(f"{pf}/data", "postfix", "postfix")
    for name in ("dynamicmaps.cf", "postfix-files"):
        shutil.copy(f"/etc/postfix/{name}", f"{pf}/etc/{name}")
    settings = POSTFIX.format(
        pf=pf, folder=folder, domain=DOMAIN, lmtp=ports["lmtp"], sink=ports["sink"], auth=ports["auth"],
        certificate=tls[0], key=tls[1],
    )  # fmt: skip
    write(f"{pf}/etc/main.cf", settings)
    with open("/usr/share/postfix/master.cf.dist", encoding="utf-8") as file:
        services = [without_chroot(line.rstrip("\n")) for line in file]
    services = [line for line in services if not line.startswith("smtp inet")]
    listening = [
        f"127.0.0.1:{ports['smtp_plain']} inet n - n - - smtpd",
        f"127.0.0.1:{ports['smtp_starttls']} inet n - n - - smtpd",
        "  -o smtpd_tls_security_level=may -o smtpd_sasl_auth_enable=yes",
        f"127.0.0.1:{ports['smtp_tls']} inet n - n - - smtpd",
        "  -o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes",
    ]
    write(f"{pf}/etc/master.cf", "\n".join(listening + services) + "\n")
